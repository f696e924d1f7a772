"""What the version before left on disks is read by this one, and goes on; nothing is lost."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from sync import batch
from sync import consultation as packages
from sync.client.courier import carry_in
from sync.client.https import sync_once
from sync.consultation import Consultation
from sync.desk.card_paper import read_sheet
from sync.desk.cards import join
from sync.desk.check import check
from sync.desk.export import export_csv
from sync.desk.open_data import publish_data
from sync.desk.published_sets import TooFew
from sync.desk.pull import PullReport, pull
from sync.desk.sources import FolderSource, ServerSource
from sync.desk.store import DeskStore
from sync.device import Device
from sync.errors import ErasedAlready
from sync.key_directory import KeyDirectory
from sync.outbox import Counts
from sync.sealed_keys import SealedKey
from sync.server.commands import main as server_command
from sync.server.courier import put_out, take_in
from sync.server.service import Service
from sync.server.serving import RunningThread
from sync.signed import version_of
from tests.sync.kept_data import PASSPHRASE, PHOTO, run, unpack
from tests.sync.town import Clock, ideas

SAID_BEFORE = ["arbre.jpg", "avec de l’aide", "un banc"]
NOT_PULLED = ["une fontaine"]
NOT_SENT = ["arbre.jpg", "d’une feuille", "encore une", "sans réponse"]


class Left:
    """What a version left, unpacked."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.keys = KeyDirectory.open(root / "keys")
        self.packages = [packages.read((root / name).read_bytes()) for name in _PACKAGES]

    @property
    def consultation(self) -> Consultation:
        return self.packages[0]

    @contextmanager
    def serving(self, data: str = "server") -> Iterator[str]:
        """The server's data, served by this version; gives the address."""
        with (
            contextlib.closing(Service(self.root / data, Clock())) as service,
            RunningThread(service) as server,
        ):
            yield server.url

    @contextmanager
    def device(self, name: str, url: str = "") -> Iterator[Device]:
        """A device of before; where the server moved, it is told."""
        with Device.open(self.root / name) as device:
            assert device.enrolled is not None
            if url:
                device.enrol(replace(device.enrolled, url=url))
            yield device

    def pull(self, source: str | Path, store: DeskStore) -> PullReport:
        organiser = self.keys.organiser
        place = (
            FolderSource(source, organiser)
            if isinstance(source, Path)
            else ServerSource(source, organiser)
        )
        return pull(place, store, [self.keys.recipient], self.packages)


_PACKAGES = ("v1.parvis", "v2.parvis")


@pytest.fixture
def left(tmp_path: Path) -> Left:
    return Left(unpack("format-1", tmp_path))


def test_an_outbox_of_before_is_sent_and_the_desk_of_before_goes_on_with_it(left: Left) -> None:
    with left.serving() as url, left.device("mairie", url) as device:
        assert device.outbox.counts() == Counts(waiting=3, sent=1, released=4, erased=1)
        unanswered = device.outbox.next_batch()
        assert unanswered is not None
        assert version_of(unanswered.data) == 1
        report = sync_once(device)
        assert (report.sent, report.left, report.quarantined, report.troubles) == (4, 0, 0, ())
        assert device.outbox.counts() == Counts(released=8, erased=1)
        with contextlib.closing(DeskStore(left.root / "desk.sqlite")) as desk:
            assert ideas(desk, left.consultation.id) == SAID_BEFORE
            pulled = left.pull(url, desk)
            assert (pulled.trouble, pulled.findings) == ("", ())
            assert pulled.opened == len(NOT_PULLED + NOT_SENT)
            assert ideas(desk, left.consultation.id) == sorted(SAID_BEFORE + NOT_PULLED + NOT_SENT)
            looked = [sentence for sound, sentence in check(desk) if not sound]
            assert looked == []
            table = left.root / "table.csv"
            done = export_csv(desk, table)
            assert (done.contributions, done.aside, done.files) == (7, 1, 2)
            files = [path.read_bytes() for path in table.with_name("media").iterdir()]
            assert files == [PHOTO.content] * 2
            with pytest.raises(TooFew):  # what people were promised then is kept to now
                publish_data(desk, left.root / "open.jsonl")


def test_what_was_sealed_before_is_not_sealed_again(left: Left) -> None:
    with left.device("mairie") as device:
        before = device.receipt_of(left.consultation.id, "feuille 2")
        assert before is not None
        before.verify(device.key.public_key())
        with pytest.raises(ErasedAlready):
            device.receipt_of(left.consultation.id, "feuille 1")


def test_a_device_of_before_sends_in_the_new_version_once_its_server_reads_it(left: Left) -> None:
    with left.serving() as url, left.device("mairie", url) as device:
        checkpoint = device.checkpoint(left.consultation.id)
        assert checkpoint
        sync_once(device)
        with contextlib.closing(sqlite3.connect(device.directory / "outbox.sqlite")) as db:
            rows = db.execute("SELECT data FROM batch WHERE length(data) > 0").fetchall()
        found = [batch.read(data, device.key.public_key()) for (data,) in rows]
        assert {one.version for one in found} == {1, 2}
        assert {one.checkpoint for one in found if one.version == 2} == {checkpoint}
    with left.device("mairie") as device:
        assert device.outbox.version == 2


def test_a_stick_of_before_is_taken_in_and_its_device_told(left: Left) -> None:
    with contextlib.closing(Service(left.root / "server", Clock())) as service:
        taken = take_in(service, left.root / "stick")
        assert (taken.batches, taken.contributions, taken.troubles) == (1, 1, ())
        put_out(service, left.root / "stick")
    with left.device("dehors") as device:
        assert device.outbox.counts().sent == 1
        assert carry_in(device, left.root / "stick").released == 1
        assert device.outbox.version == 2


def test_a_folder_of_before_is_pulled_from(left: Left) -> None:
    with contextlib.closing(DeskStore(left.root / "new.sqlite")) as desk:
        pulled = left.pull(left.root / "server", desk)
        assert ideas(desk, left.consultation.id) == sorted(SAID_BEFORE + NOT_PULLED)
        assert pulled.opened == 4


def test_a_backup_of_before_is_restored_and_served(left: Left) -> None:
    run(server_command, "restore", left.root / "backup", "--data", left.root / "restored")
    with left.serving("restored") as url, left.device("mairie", url) as device:
        assert sync_once(device).left == 0
        with contextlib.closing(DeskStore(left.root / "desk.sqlite")) as desk:
            left.pull(url, desk)
            assert ideas(desk, left.consultation.id) == sorted(SAID_BEFORE + NOT_PULLED + NOT_SENT)


def test_packages_of_before_are_published_and_held(left: Left) -> None:
    newer = left.packages[1]
    with contextlib.closing(Service(left.root / "server", Clock())) as service:
        service.publish(newer.data)
    with left.serving() as url, left.device("mairie", url) as device:
        sync_once(device)
        assert device.consultation(newer.id).version == newer.version


def test_keys_and_cards_of_before_open(left: Left) -> None:
    keys = left.keys.recipient
    cards = [read_sheet(path) for path in sorted((left.root / "cards").iterdir())]
    assert join(cards, left.keys.public) == keys
    path = left.root / "sealed" / "recipient.key"
    sealed = SealedKey.read(path.read_bytes(), path)
    assert sealed.recipient_keys(sealed.lock.stretch(PASSPHRASE)) == keys
