"""The desk's tables: how they are laid out, brought up to date, and what SQLite says of them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from sync.errors import SyncError

_FIRST = """
CREATE TABLE consultations (
    id TEXT, version INTEGER, title TEXT, form_hash TEXT, package BLOB,
    PRIMARY KEY (id, version));
CREATE TABLE devices (key_id TEXT PRIMARY KEY, name TEXT, public_key BLOB, revoked INTEGER);
CREATE TABLE sources (
    source TEXT, consultation TEXT, after INTEGER, PRIMARY KEY (source, consultation));
CREATE TABLE servers (source TEXT PRIMARY KEY, public_key BLOB);
CREATE TABLE batches (
    name TEXT PRIMARY KEY, consultation TEXT, device TEXT, sequence INTEGER, previous TEXT,
    received TEXT, records INTEGER, state TEXT);
CREATE TABLE contributions (
    number INTEGER PRIMARY KEY,
    id TEXT, consultation TEXT, fingerprint TEXT, commitment TEXT, seed TEXT, received TEXT,
    device TEXT, batch TEXT REFERENCES batches (name),
    form_id TEXT, form_version TEXT, form_hash TEXT,
    mode TEXT, language TEXT, help TEXT, read_back INTEGER, agreement TEXT, reworded TEXT,
    UNIQUE (consultation, id));
CREATE TABLE fields (
    contribution INTEGER REFERENCES contributions (number), position INTEGER,
    path TEXT, value TEXT, PRIMARY KEY (contribution, position)) WITHOUT ROWID;
CREATE TABLE findings (
    kind TEXT, consultation TEXT, batch TEXT, device TEXT, contribution TEXT, sentence TEXT);
CREATE INDEX findings_by_batch ON findings (batch);
"""
_SECOND = """
CREATE TABLE attachments (
    consultation TEXT, contribution TEXT, place INTEGER, name TEXT, sha256 TEXT, size INTEGER,
    media_type TEXT, here INTEGER, PRIMARY KEY (consultation, contribution, place)) WITHOUT ROWID;
"""
# 3: the register as it was seen; the commitment of a tombstone stands behind a hyphen.
_THIRD = """
CREATE TABLE register (
    consultation TEXT, position INTEGER, commitment TEXT, entry BLOB,
    PRIMARY KEY (consultation, position)) WITHOUT ROWID;
CREATE INDEX register_by_commitment ON register (consultation, commitment);
CREATE INDEX contributions_by_commitment ON contributions (consultation, commitment);
CREATE TABLE register_notes (consultation TEXT PRIMARY KEY, note BLOB);
ALTER TABLE sources ADD COLUMN last TEXT;
"""
# 4: with which key each contribution was opened; how far the register's copy is hashed (the largest
# complete subtrees), and which contributions it must hold by now; what was erased; which tables
# were made.
_FOURTH = """
ALTER TABLE contributions ADD COLUMN opened_with TEXT NOT NULL DEFAULT '';
ALTER TABLE register_notes ADD COLUMN peaks BLOB;
CREATE TABLE register_patience (
    consultation TEXT PRIMARY KEY, settled INTEGER, newest INTEGER, since REAL);
CREATE TABLE erasures (
    consultation TEXT, id TEXT, commitment TEXT, reason INTEGER, day TEXT, order_ BLOB,
    sent INTEGER, PRIMARY KEY (consultation, id)) WITHOUT ROWID;
CREATE INDEX findings_by_contribution ON findings (contribution);
CREATE TABLE exports (path TEXT PRIMARY KEY, consultation TEXT, made TEXT);
"""
# 5: what is set aside, and the log of it.
_FIFTH = """
CREATE TABLE IF NOT EXISTS set_aside (
    consultation TEXT, id TEXT, reason TEXT, day TEXT,
    PRIMARY KEY (consultation, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS set_aside_log (
    number INTEGER PRIMARY KEY, day TEXT, act TEXT, consultation TEXT, id TEXT, reason TEXT);
"""
# 6: the sheet of paper or the meeting that it comes from, and the code on its stub, as JSON.
_SIXTH = """
ALTER TABLE contributions ADD COLUMN provenance TEXT NOT NULL DEFAULT '';
"""
# 7: which contributions stood in which publication of open data, from the first to the last in a
# row; which were left out with others for good; how many show a theme that few have.
_SEVENTH = """
CREATE TABLE IF NOT EXISTS publications (
    consultation TEXT, number INTEGER, day TEXT, PRIMARY KEY (consultation, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS published_lines (
    consultation TEXT, id TEXT, first INTEGER, last INTEGER,
    PRIMARY KEY (consultation, id, first)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS left_out (
    consultation TEXT, id TEXT, PRIMARY KEY (consultation, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rare_themes (consultation TEXT PRIMARY KEY, shown INTEGER);
"""
# 8: the checkpoints of registers that devices saw, and whether the copy here leads to them.
_EIGHTH = """
CREATE TABLE IF NOT EXISTS seen_checkpoints (
    consultation TEXT, size INTEGER, root BLOB, note BLOB, device TEXT, holds INTEGER,
    PRIMARY KEY (consultation, size, root)) WITHOUT ROWID;
"""
_STEPS = (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH, _SEVENTH, _EIGHTH)
_TABLES = frozenset(re.findall(r"CREATE TABLE (\w+)", _FIRST))  # of every version


class UnusableDeskStore(SyncError):
    """The desk's file cannot be used."""

    sentence = "The desk's store cannot be used."


def laid_out(database: Database, path: Path) -> bool:
    """Whether the tables are this Parvis's own; nothing is changed.

    Raises:
        UnusableDeskStore: it is another program's database, or a newer Parvis's.
    """
    version = int(database.execute("PRAGMA user_version").fetchone()[0])
    tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    if tables and not tables.issuperset(_TABLES):
        raise UnusableDeskStore(
            f"{path} is a database of something else: it is left as it is. Name another file with "
            "--store."
        )
    if version > len(_STEPS):
        raise UnusableDeskStore(f"{path} was written by a newer Parvis. Update this one.")
    return version == len(_STEPS)


def lay_out(database: Database, path: Path) -> None:
    """Make the tables of a new store, or what an older one lacks.

    Raises:
        UnusableDeskStore: it is another program's database, or a newer Parvis's.
    """
    laid_out(database, path)
    database.execute("PRAGMA secure_delete=ON").fetchall()
    database.enable_wal()
    with database.atomic():
        version = database.execute("PRAGMA user_version").fetchone()[0]
        for statement in "".join(_STEPS[version:]).split(";\n"):
            if statement.strip():
                database.execute(statement)
        database.execute(f"PRAGMA user_version = {len(_STEPS)}")


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turn what SQLite says into what an organiser can act on."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise UnusableDeskStore(
                f"Another parvis-desk is at work on {path}. Wait until it is done, and try again."
            ) from error
        raise UnusableDeskStore(f"The desk's store {path} cannot be used: {error}.") from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise UnusableDeskStore(
            f"The desk's store {path} is damaged, or something else ({error}). Move it away and "
            "pull into a new --store: everything is still on the server."
        ) from error
    except OSError as error:
        raise UnusableDeskStore(
            f"The desk's store {path} cannot be used: {error.strerror}."
        ) from error
