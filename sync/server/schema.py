"""The server's tables. Every one that grows begins its key with the consultation or the batch."""

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

VERSION = 3

tables = MetaData()

schema_version = Table("schema_version", tables, Column("version", Integer, primary_key=True))

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
    Column("version", Integer, primary_key=True),
    Column("package", LargeBinary, nullable=False),
    Column("package_hash", String, nullable=False),
    Column("organiser_key", LargeBinary(32), nullable=False),
    Column("form_hash", LargeBinary(32), nullable=False),
    Column("recipients", LargeBinary, nullable=False),  # key ids of 8 bytes, one after the other
    Column("published_at", Float, nullable=False),
)

batches = Table(
    "batches",
    tables,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("consultation", String, nullable=False),
    Column("device_key_id", ForeignKey("devices.key_id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("received_at", Float, nullable=False),
    Column("acknowledgement", LargeBinary, nullable=False),
    sqlite_autoincrement=True,  # a number is never given twice: the desk goes on after it
)

records = Table(
    "records",
    tables,
    Column("consultation", String, primary_key=True),
    Column("id", LargeBinary(16), primary_key=True),
    Column("fingerprint", LargeBinary(32), nullable=False),
    Column("batch", ForeignKey("batches.number"), nullable=False),
    sqlite_with_rowid=False,
)

# Records of stored batches that did not enter `records`; their bytes stay in the batch.
quarantine = Table(
    "quarantine",
    tables,
    Column("batch", ForeignKey("batches.number"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("id", LargeBinary(16), nullable=False),
    Column("fingerprint", LargeBinary(32), nullable=False),
    Column("verdict", Integer, nullable=False),
)

# Sealed attachments that batches name: on their way, or there; their bytes lie in files.
attachments = Table(
    "attachments",
    tables,
    Column("consultation", String, primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("arrived_at", Float),
)

# What each batch brought into the register of its consultation: entries side by side, as a bundle
# of tlog-tiles. A row without a batch is a run of tombstones, or came back from what was published.
register = Table(
    "register",
    tables,
    Column("consultation", String, primary_key=True),
    Column("first", Integer, primary_key=True),  # the index of its first entry
    Column("count", Integer, nullable=False),
    Column("batch", ForeignKey("batches.number"), unique=True),
    Column("entries", LargeBinary, nullable=False),
)

checkpoints = Table(
    "checkpoints",
    tables,
    Column("consultation", String, primary_key=True),
    Column("size", Integer, primary_key=True),
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
    Column("position", Integer, nullable=False),
)

Index("batches_by_consultation", batches.c.consultation, batches.c.number)
