"""The server's tables. Every one that grows begins its key with the consultation.

So a distributed PostgreSQL can put each consultation's rows together on one of its machines
(`docs/server.md` has the statements for Citus); what is small is the same everywhere.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

VERSION = 7

tables = MetaData()

schema_version = Table(
    "schema_version", tables, Column("version", Integer, primary_key=True, autoincrement=False)
)

# One row: whose database this is, and since when it is served without a break.
server = Table(
    "server",
    tables,
    Column("public_key", LargeBinary(32), primary_key=True),
    Column("instance", String),
)

devices = Table(
    "devices",
    tables,
    Column("key_id", String, primary_key=True),  # hex
    Column("public_key", LargeBinary(32), nullable=False),
    Column("name", String, nullable=False),
    Column("enrolled_at", Float, nullable=False),
    Column("revoked_at", Float),
)

tokens = Table(
    "enrolment_tokens",
    tables,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("expires_at", Float, nullable=False),
    Column("device_key_id", ForeignKey("devices.key_id")),  # of the device that used it
)

# By which token a device was enrolled, and when a person compared the six words on both screens.
enrolments = Table(
    "enrolments",
    tables,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("device_key_id", ForeignKey("devices.key_id"), nullable=False),
    Column("enrolled_at", Float, nullable=False),
    Column("compared_at", Float),
)

consultations = Table(
    "consultations",
    tables,
    Column("id", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("package", LargeBinary, nullable=False),
    Column("package_hash", String, nullable=False),
    Column("organiser_key", LargeBinary(32), nullable=False),
    Column("form_hash", LargeBinary(32), nullable=False),
    Column("recipients", LargeBinary, nullable=False),  # key ids of 8 bytes, one after the other
    Column("published_at", Float, nullable=False),
)

# The last number given to a batch; the row is locked while a batch is stored.
numbering = Table(
    "numbering",
    tables,
    Column("consultation", String, primary_key=True),
    Column("batch", BigInteger, nullable=False),
)

batches = Table(
    "batches",
    tables,
    Column("consultation", String, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # never given twice
    Column("name", String(64), nullable=False),
    Column("device_key_id", ForeignKey("devices.key_id"), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("received_at", Float, nullable=False),
    Column("acknowledgement", LargeBinary, nullable=False),
    Column("lost_at", Float),  # given up by the operator: its bytes are nowhere any more
    # A name is asked for without its consultation, too; the key has to hold it for the shards.
    UniqueConstraint("name", "consultation", name="batches_by_name"),
)

# `batch` has no foreign key: checking it cost as much again as storing the row, and both are
# written in one transaction.
records = Table(
    "records",
    tables,
    Column("consultation", String, primary_key=True),
    Column("id", LargeBinary(16), primary_key=True),
    Column("fingerprint", LargeBinary(32), nullable=False),
    Column("batch", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Records of stored batches that did not enter `records`; their bytes stay in the batch.
quarantine = Table(
    "quarantine",
    tables,
    Column("consultation", String, primary_key=True),
    Column("batch", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("id", LargeBinary(16), nullable=False),
    Column("fingerprint", LargeBinary(32), nullable=False),
    Column("verdict", Integer, nullable=False),
    ForeignKeyConstraint(["consultation", "batch"], ["batches.consultation", "batches.number"]),
)

# Sealed attachments that batches name: on their way, or there; their bytes lie in files.
attachments = Table(
    "attachments",
    tables,
    Column("consultation", String, primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("arrived_at", Float),
    Column("contribution", LargeBinary(16)),  # whose it is: the first that named it
)

# What each batch brought into the register of its consultation: entries side by side, as a bundle
# of tlog-tiles. A row without a batch is a run of tombstones, or came back from what was published.
register = Table(
    "register",
    tables,
    Column("consultation", String, primary_key=True),
    Column("first", BigInteger, primary_key=True, autoincrement=False),  # index of its first entry
    Column("count", Integer, nullable=False),
    Column("batch", BigInteger),
    Column("entries", LargeBinary, nullable=False),
    UniqueConstraint("consultation", "batch"),
    ForeignKeyConstraint(["consultation", "batch"], ["batches.consultation", "batches.number"]),
)

checkpoints = Table(
    "checkpoints",
    tables,
    Column("consultation", String, primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", LargeBinary, nullable=False),
    Column("published_at", Float, nullable=False),
)

# What organisers published about contributions they read, and where each of these stands.
answers = Table(
    "answers",
    tables,
    Column("consultation", String, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("statement", LargeBinary, nullable=False),
)
states = Table(
    "answered_contributions",
    tables,
    Column("consultation", String, primary_key=True),
    Column("id", LargeBinary(16), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("themes", String, nullable=False),  # places among the answers', separated by spaces
    Column("published", String, nullable=False),
)

# Contributions that a restored database does not have, and the published register does.
awaited = Table(
    "register_awaited",
    tables,
    Column("consultation", String, primary_key=True),
    Column("commitment", LargeBinary(32), primary_key=True),
    Column("position", BigInteger, nullable=False),
)

# Orders to erase contributions; `buried` once the register says so.
erasures = Table(
    "erasures",
    tables,
    Column("consultation", String, primary_key=True),
    Column("id", LargeBinary(16), primary_key=True),
    Column("number", BigInteger, nullable=False),  # among its consultation's, from 1
    Column("reason", Integer, nullable=False),
    Column("order", LargeBinary, nullable=False),
    Column("ordered_at", Float, nullable=False),
    Column("buried", Boolean, nullable=False),
    UniqueConstraint("consultation", "number"),
)
