import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync import batch
from sync.acknowledgement import Verdict, acknowledge
from sync.batch import NO_BATCH
from sync.envelope import MOST_RECORDS_PER_SESSION, Opener, SealingSession
from sync.errors import (
    DamagedOutbox,
    ForgedAcknowledgement,
    NotEnrolled,
    NotKept,
    StorageFailed,
    SyncError,
    UnknownBatch,
)
from sync.outbox import Counts, First, Outbox, Outgoing, read_counts
from tests.sync.given import (
    CONSULTATION,
    DEVICE,
    DEVICE_ID,
    DEVICE_KEY,
    MOMENT,
    OTHER_KEY,
    RECIPIENT,
    SERVER,
    SERVER_KEY,
    acknowledged,
    said,
)


def opened(path: Path) -> Outbox:
    return Outbox(path, DEVICE_KEY, server=SERVER, now=lambda: MOMENT)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    made = opened(path)
    yield made
    made.close()


def keep(outbox: Outbox, *answers: str, consultation: str = CONSULTATION.id) -> None:
    for at in range(0, len(answers), MOST_RECORDS_PER_SESSION):
        session = SealingSession.start(
            consultation, CONSULTATION.form_hash, DEVICE_ID, CONSULTATION.recipients
        )
        for answer in answers[at : at + MOST_RECORDS_PER_SESSION]:
            outbox.keep(session.seal(said(answer)))


def sent(outbox: Outbox, most: int = 500) -> Outgoing:
    outgoing = outbox.next_batch(most)
    assert outgoing is not None
    return outgoing


def answers_in(outgoing: Outgoing) -> list[str]:
    found = batch.read(outgoing.data, DEVICE)
    answers = []
    for section in found.sections:
        session = Opener([RECIPIENT]).open_session(
            section.header, consultation=found.consultation, device_key_id=DEVICE_ID
        )
        answers += [session.open(one).contribution.fields[0][1] for one in section.records]
    return answers


def test_what_was_kept_waits_even_after_the_process_ends(outbox: Outbox, path: Path) -> None:
    keep(outbox, "un", "deux")
    outbox.close()
    again = opened(path)
    assert again.counts() == Counts(waiting=2)
    assert answers_in(sent(again)) == ["un", "deux"]
    again.close()


def test_nothing_waits_in_a_new_outbox(outbox: Outbox) -> None:
    assert outbox.next_batch() is None
    assert outbox.every_batch() == ()
    assert outbox.counts() == Counts()


def test_a_batch_is_stored_before_it_is_sent_and_sent_again_in_the_same_bytes(
    outbox: Outbox, path: Path
) -> None:
    keep(outbox, "un")
    first = sent(outbox)
    keep(outbox, "deux")
    outbox.close()
    again = opened(path)
    assert sent(again) == first
    assert again.counts() == Counts(waiting=1, sent=1)
    again.close()


def test_batches_are_numbered_and_each_names_the_one_before(outbox: Outbox) -> None:
    names = [NO_BATCH]
    for number in range(3):
        keep(outbox, str(number))
        outgoing = sent(outbox)
        found = batch.read(outgoing.data, DEVICE)
        assert (found.sequence, found.previous) == (number, names[-1])
        assert found.name == outgoing.name
        names.append(bytes.fromhex(outgoing.name))
        outbox.release(acknowledged(outgoing))


def test_one_batch_holds_one_consultation(outbox: Outbox) -> None:
    keep(outbox, "un", "deux")
    keep(outbox, "ailleurs", consultation="0" * 16)
    keep(outbox, "trois")
    batches = outbox.every_batch()
    assert [answers_in(one) for one in batches] == [["un", "deux", "trois"], ["ailleurs"]]
    assert [batch.read(one.data, DEVICE).sequence for one in batches] == [0, 0]


def test_the_oldest_go_first_and_no_more_than_asked(outbox: Outbox) -> None:
    keep(outbox, *map(str, range(70)))
    assert answers_in(sent(outbox, most=30)) == [str(n) for n in range(30)]
    assert outbox.counts() == Counts(waiting=40, sent=30)
    assert [one.records for one in outbox.every_batch(most=30)] == [30, 30, 10]


def test_large_contributions_are_spread_over_several_batches(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.outbox._FULLEST_BATCH", 600)
    keep(outbox, *(hashlib.sha512(bytes([n])).hexdigest() for n in range(9)))
    batches = outbox.every_batch()
    assert [one.records for one in batches] == [2, 2, 2, 2, 1]


def test_the_device_lets_go_on_the_servers_word_and_only_once(outbox: Outbox) -> None:
    keep(outbox, "un", "deux")
    outgoing = sent(outbox)
    word = acknowledge(outgoing.name, [Verdict.STORED, Verdict.DUPLICATE], SERVER_KEY)
    assert outbox.release(word) == 2
    assert outbox.counts() == Counts(released=2)
    assert outbox.release(word) == 0
    assert outbox.counts() == Counts(released=2)
    assert outbox.next_batch() is None


def test_the_ciphertext_of_what_was_let_go_of_leaves_the_disk(outbox: Outbox, path: Path) -> None:
    keep(outbox, *map(str, range(20)))
    keep(outbox, "reste", consultation="0" * 16)
    outgoing = sent(outbox)
    ciphertexts = [one.ciphertext for one in batch.read(outgoing.data, DEVICE).records]
    assert all(any(text in data for data in _files(path)) for text in ciphertexts)
    outbox.release(acknowledged(outgoing))
    outbox.let_go([outgoing.name])
    assert not any(text in data for data in _files(path) for text in ciphertexts)
    assert outbox.counts() == Counts(waiting=1, released=20)


def _files(path: Path) -> list[bytes]:
    return [one.read_bytes() for one in path.parent.iterdir()]


def test_an_acknowledgement_that_the_server_did_not_sign_releases_nothing(outbox: Outbox) -> None:
    keep(outbox, "un")
    outgoing = sent(outbox)
    for forged in (
        acknowledge(outgoing.name, [Verdict.STORED], OTHER_KEY),
        acknowledged(outgoing)[:-1],
        b"<html>Please log in</html>",
        b"",
    ):
        with pytest.raises(SyncError):
            outbox.release(forged)
    assert outbox.counts() == Counts(sent=1)
    assert sent(outbox) == outgoing


def test_an_acknowledgement_that_forgets_a_contribution_releases_nothing(outbox: Outbox) -> None:
    keep(outbox, "un", "deux")
    outgoing = sent(outbox)
    for verdicts in ([Verdict.STORED], [Verdict.STORED] * 3):
        with pytest.raises(ForgedAcknowledgement, match="every contribution"):
            outbox.release(acknowledged(outgoing, verdicts))
    assert outbox.counts() == Counts(sent=2)


def test_an_acknowledgement_of_another_devices_batch_is_named(outbox: Outbox) -> None:
    with pytest.raises(UnknownBatch):
        outbox.release(acknowledge("00" * 32, [Verdict.STORED], SERVER_KEY))


def test_before_enrolment_nothing_is_released(outbox: Outbox) -> None:
    keep(outbox, "un")
    outgoing = sent(outbox)
    outbox.server = None
    with pytest.raises(NotEnrolled, match="parvis-kiosk enrol"):
        outbox.release(acknowledged(outgoing))


def test_what_the_server_quarantined_stays_with_its_cause_and_blocks_nothing(
    outbox: Outbox,
) -> None:
    keep(outbox, "un", "deux", "trois")
    outgoing = sent(outbox)
    ids = [one.id for one in batch.read(outgoing.data, DEVICE).records]
    verdicts = [Verdict.STORED, Verdict.OTHER_BYTES, Verdict.STORED]
    assert outbox.release(acknowledged(outgoing, verdicts)) == 2
    assert outbox.counts() == Counts(released=2, quarantined=1)
    (stuck,) = outbox.quarantined()
    assert (stuck.id, stuck.consultation) == (ids[1], CONSULTATION.id)
    assert stuck.cause == Verdict.OTHER_BYTES.words
    keep(outbox, "quatre")
    assert answers_in(sent(outbox)) == ["quatre"]


def test_what_was_quarantined_can_be_tried_again(outbox: Outbox) -> None:
    keep(outbox, "un")
    outbox.release(acknowledged(sent(outbox), [Verdict.UNKNOWN_FORM]))
    assert outbox.next_batch() is None
    assert outbox.try_again() == 1
    assert answers_in(sent(outbox)) == ["un"]
    assert outbox.quarantined() == ()


def test_a_batch_that_is_refused_is_halved_until_the_bad_record_is_alone(outbox: Outbox) -> None:
    keep(outbox, *map(str, range(100)))
    released = quarantined = 0
    while outgoing := outbox.next_batch():
        if "37" in answers_in(outgoing):
            quarantined += outbox.refuse(outgoing.name, "the server said 422")
        else:
            released += outbox.release(acknowledged(outgoing))
    assert (released, quarantined) == (99, 1)
    assert outbox.counts() == Counts(released=99, quarantined=1)
    assert [one.cause for one in outbox.quarantined()] == ["the server said 422"]


def test_a_batch_that_was_halved_cannot_be_refused_or_released_again(outbox: Outbox) -> None:
    keep(outbox, "un", "deux")
    outgoing = sent(outbox)
    assert outbox.refuse(outgoing.name, "422") == 0
    with pytest.raises(UnknownBatch):
        outbox.refuse(outgoing.name, "422")
    assert outbox.release(acknowledged(outgoing)) == 0
    assert outbox.counts() == Counts(sent=2)


def test_a_session_that_outlives_a_release_is_stored_again(outbox: Outbox) -> None:
    session = SealingSession.start(
        CONSULTATION.id, CONSULTATION.form_hash, DEVICE_ID, CONSULTATION.recipients
    )
    for answer in ("avant", "après"):
        outbox.keep(session.seal(said(answer)))
        outgoing = sent(outbox)
        assert answers_in(outgoing) == [answer]
        outbox.release(acknowledged(outgoing))


def test_a_contribution_is_kept_once(outbox: Outbox) -> None:
    session = SealingSession.start(
        CONSULTATION.id, CONSULTATION.form_hash, DEVICE_ID, CONSULTATION.recipients
    )
    sealed = session.seal(said("un"))
    outbox.keep(sealed)
    with pytest.raises(NotKept):
        outbox.keep(sealed)
    assert outbox.counts() == Counts(waiting=1)


def test_when_the_disk_is_full_nothing_of_the_contribution_is_kept(outbox: Outbox) -> None:
    keep(outbox, "un")
    pages = outbox._connection.execute("PRAGMA page_count").fetchone()[0]
    outbox._connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(NotKept, match="nothing was recorded"):
        for _ in range(100):
            keep(outbox, "deux" * 500)
    before = outbox.counts().waiting
    sessions = outbox._connection.execute("SELECT count(*) FROM session").fetchone()[0]
    assert sessions == before
    outbox._connection.execute("PRAGMA max_page_count=100000")
    keep(outbox, "trois")
    assert outbox.counts() == Counts(waiting=before + 1)


def test_a_full_disk_lets_go_first_of_what_stands_in_the_register_too(outbox: Outbox) -> None:
    names = []
    for text in ("un", "deux"):
        keep(outbox, text * 2_000)
        outgoing = sent(outbox)
        outbox.release(acknowledged(outgoing))
        names.append(outgoing.name)
    outbox.found_registered(names[0])
    pages = outbox._connection.execute("PRAGMA page_count").fetchone()[0]
    outbox._connection.execute(f"PRAGMA max_page_count={pages}")
    for left in ([names[1]], []):
        for _ in range(100):
            keep(outbox, "trois")
            if len(outbox.kept()) == len(left):
                break
        assert [one.name for one in outbox.kept()] == left


def test_every_commit_is_synced_and_what_is_deleted_is_overwritten(outbox: Outbox) -> None:
    settings = {
        name: outbox._connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "secure_delete")
    }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}


def test_only_its_user_reads_the_file(outbox: Outbox, path: Path) -> None:
    keep(outbox, "un")
    assert {one.stat().st_mode & 0o077 for one in path.parent.iterdir()} == {0}


def test_a_second_process_counts_while_the_first_one_works(outbox: Outbox, path: Path) -> None:
    keep(outbox, "un", "deux")
    assert read_counts(path) == Counts(waiting=2)
    sent(outbox)
    assert read_counts(path) == Counts(sent=2)
    outbox.close()
    assert read_counts(path) == Counts(sent=2)


def test_counting_where_there_is_no_outbox_yet_finds_nothing_and_makes_nothing(path: Path) -> None:
    assert read_counts(path) == Counts()
    assert not path.exists()


@pytest.mark.parametrize(
    "content", [b"not a database" * 100, b"SQLite format 3\x00" + b"\xff" * 4080]
)
def test_a_damaged_file_is_named_and_left_as_it_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(DamagedOutbox, match="do not delete"):
        opened(path)
    assert path.read_bytes() == content
    with pytest.raises(DamagedOutbox):
        read_counts(path)


def test_an_outbox_of_a_newer_parvis_is_left_alone(outbox: Outbox, path: Path) -> None:
    outbox.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(DamagedOutbox, match="newer Parvis"):
        opened(path)


def test_a_directory_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="disk"):
        opened(tmp_path / "missing" / "outbox.sqlite")


FIFTH = """
CREATE TABLE session (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,
    consultation TEXT NOT NULL, header BLOB NOT NULL);
CREATE TABLE contribution (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,
    session BLOB, place INTEGER, commitment BLOB, ciphertext BLOB,
    state TEXT NOT NULL, batch TEXT, rank INTEGER, cause TEXT);
CREATE TABLE batch (name TEXT PRIMARY KEY, consultation TEXT NOT NULL,
    sequence INTEGER NOT NULL, records INTEGER NOT NULL, data BLOB, state TEXT NOT NULL,
    acknowledged INTEGER, registered INTEGER NOT NULL DEFAULT 0, seen TEXT,
    UNIQUE (consultation, sequence));
CREATE TABLE attachment (name TEXT PRIMARY KEY, contribution INTEGER NOT NULL,
    place INTEGER NOT NULL, size INTEGER NOT NULL, UNIQUE (contribution, place));
CREATE VIEW sealed AS SELECT c.number, s.number AS session_number, s.header,
    s.consultation, c.session, c.place, c.commitment, c.ciphertext,
    c.id, c.state, c.batch, c.rank, c.cause
    FROM contribution c JOIN session s ON s.id = c.session;
CREATE INDEX contribution_state ON contribution (state, number);
CREATE INDEX contribution_batch ON contribution (batch, rank);
CREATE INDEX contribution_session ON contribution (session);
CREATE INDEX batch_state ON batch (state);
INSERT INTO contribution (id, state) VALUES (x'00', 'released'), (x'01', 'released');
PRAGMA user_version=5;
"""


def test_an_outbox_from_before_there_were_origins_is_brought_up_to_date(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIFTH)
    session = SealingSession.start(
        CONSULTATION.id, CONSULTATION.form_hash, DEVICE_ID, CONSULTATION.recipients
    )
    outbox = opened(path)
    try:
        outbox.keep(session.seal(said("neuf")), First(b"sheet 1", b"promise"))
        assert outbox.counts() == Counts(waiting=1, released=2)
        assert outbox.first(b"sheet 1") == First(b"sheet 1", b"promise")
        with pytest.raises(NotKept):
            outbox.keep(session.seal(said("neuf")), First(b"sheet 1", b"promise"))
        assert outbox.counts() == Counts(waiting=1, released=2)
    finally:
        outbox.close()
