"""The courier: a stick between a device and a server that no network joins."""

from __future__ import annotations

import errno
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.commands import main as kiosk_main
from sync.attachment import Attachment
from sync.client.courier import carry_in, carry_out
from sync.client.https import enrol, sync_once
from sync.courier import CourierFailed, CourierProgress
from sync.device import Device
from sync.erasure import REASONS, Erasure, write_orders
from sync.outbox import Counts
from sync.server.commands import main as server_main
from sync.server.courier import put_out, take_in
from tests.sync.test_attachment_travel import contents, say
from tests.sync.test_travel import moved
from tests.sync.town import Town, ideas

PHOTO = Attachment("photo-1.jpg", bytes(range(256)) * 300, "image/jpeg")


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    made = tmp_path / "stick"
    made.mkdir()
    return made


@contextmanager
def enrolled(town: Town, name: str = "mairie") -> Iterator[Device]:
    """A device that was enrolled once, and has no network since."""
    with town.serving() as url, town.device(name, url=url):
        pass
    with town.device(name) as device:
        yield device


def arrive(town: Town, stick: Path) -> None:
    """The stick comes to the server, and goes back."""
    with town.service() as service:
        take_in(service, stick)
        put_out(service, stick)


def test_a_stick_carries_orders_to_erase_to_devices_without_a_network(
    town: Town, stick: Path
) -> None:
    with enrolled(town) as device, enrolled(town, "gare") as other:
        town.confirm(device, "un banc")
        [receipt] = town.confirm(device, "passage des Tilleuls")
        town.confirm(other, "un arbre")
        for one in (device, other):
            carry_out(one, stick)
        arrive(town, stick)
        with town.service() as service:
            service.erasures.order(
                town.consultation.id, receipt.id, REASONS["asked"], town.clock.now
            )
        arrive(town, stick)
        assert carry_in(other, stick).erased == 0
        done = carry_in(device, stick)
        assert (done.erased, done.released, done.troubles) == (1, 2, ())
        assert "1 contribution erased here, as was ordered." in done.sentences()
        assert device.outbox.counts() == Counts(released=1, erased=1)
        assert carry_in(device, stick).erased == 0  # brought again, it does nothing
        with town.serving() as url:
            moved(device, url)
            assert sync_once(device).complete
        assert device.outbox.counts() == Counts(released=1, erased=1)


def test_orders_on_a_stick_that_nobody_may_give_or_that_are_cut_erase_nothing(
    town: Town, stick: Path
) -> None:
    with enrolled(town) as device:
        [receipt] = town.confirm(device, "un banc")
        carry_out(device, stick)
        arrive(town, stick)
        place = stick / "parvis" / "erasures" / town.consultation.id
        day = date(2026, 11, 22)
        order = Erasure(town.consultation.id, receipt.id, REASONS["asked"], day)
        forged = write_orders([(999_999, order.sign(Ed25519PrivateKey.generate()))])
        sound = write_orders([(1, order.sign(town.keys.organiser))])
        for body in (forged, sound[:-9], b"", b"[]", b'{"orders": 1}', b"\xff" * 99):
            place.write_bytes(body)
            assert carry_in(device, stick).erased == 0
        place.write_bytes(sound)
        assert carry_in(device, stick).erased == 1


def test_a_stick_brings_everything_and_takes_the_word_back(town: Town, stick: Path) -> None:
    with enrolled(town) as device, town.desk() as desk:
        town.confirm(device, "un banc", "un arbre")
        say(town, device, PHOTO)
        told: list[CourierProgress] = []
        carried = carry_out(device, stick, told.append)
        assert (carried.contributions, carried.batches, carried.attachments) == (3, 1, 1)
        assert (told[-1].files, told[-1].bytes) == (told[-1].of_files, told[-1].of_bytes)
        assert device.outbox.counts() == Counts(sent=3)  # nothing left the device
        with town.service() as service:
            taken = take_in(service, stick)
            assert (taken.batches, taken.contributions, taken.attachments) == (1, 3, 1)
            assert (taken.awaited, taken.troubles) == (0, ())
            assert put_out(service, stick) == 1
        assert carry_in(device, stick).released == 3
        assert device.outbox.counts() == Counts(released=3)
        # What has arrived has left the stick.
        assert list((stick / "parvis" / "batches").iterdir()) == []
        assert list((stick / "parvis" / "attachments").iterdir()) == []
        with town.serving() as url:
            assert town.pull(url, desk).findings == ()
        assert len(ideas(desk, town.consultation.id)) == 3
        assert contents(desk, town) == [PHOTO.content]


def test_nothing_on_the_stick_is_in_clear(town: Town, stick: Path) -> None:
    with enrolled(town) as device:
        town.confirm(device, "passage des Tilleuls")
        say(town, device, Attachment("mot.txt", b"passage des Tilleuls" * 50, "text/plain"))
        carry_out(device, stick)
        held = b"".join(path.read_bytes() for path in stick.rglob("*") if path.is_file())
        assert b"Tilleuls" not in held
        assert b"mot.txt" not in held


def test_a_stick_copied_twice_and_from_two_devices_counts_once(town: Town, stick: Path) -> None:
    with enrolled(town) as one, enrolled(town, "ecole") as other, town.desk() as desk:
        town.confirm(one, "un banc")
        say(town, one, PHOTO)
        town.confirm(other, "un arbre", "de l'ombre")
        carry_out(one, stick)
        carry_out(other, stick)
        carry_out(one, stick)
        shutil.copytree(stick / "parvis", stick / "Copie de parvis")
        (stick / "Copie de parvis" / "batches" / "cut").write_bytes(
            next((stick / "parvis" / "batches").iterdir()).read_bytes()[:200]
        )
        with town.service() as service:
            taken = take_in(service, stick)
            assert (taken.batches, len(taken.troubles)) == (2, 1)
            assert "cut short" in taken.troubles[0]
            assert take_in(service, stick).batches == 2
            put_out(service, stick)
        assert carry_in(one, stick).released == 2
        assert carry_in(other, stick).released == 2
        assert carry_in(one, stick).released == 0
        with town.serving() as url:
            assert town.pull(url, desk).total == 4


def test_foreign_files_are_left_alone(town: Town, stick: Path) -> None:
    foreign = {
        "photos/vacances.jpg": b"\xff\xd8 holidays",
        "parvis/batches/notes.txt": b"a shopping list",
        "parvis/acknowledgements/x": b"PARVISA nonsense",
        "a.batch": b"PARVISB nonsense",
        "f" * 64: b"named as if it were an attachment",
        "parvis/consultations/listing": b"{}",
    }
    for name, content in foreign.items():
        (stick / name).parent.mkdir(parents=True, exist_ok=True)
        (stick / name).write_bytes(content)
    (stick / "loop").symlink_to(stick)
    (stick / "nowhere").symlink_to(stick / "gone")
    with enrolled(town) as device:
        town.confirm(device, "un banc")
        carry_out(device, stick)
        assert carry_in(device, stick).released == 0
        arrive(town, stick)
        assert carry_in(device, stick).released == 1
    for name, content in list(foreign.items())[:-1]:
        assert (stick / name).read_bytes() == content


class Pulled(OSError):
    """The stick is pulled out."""

    def __init__(self) -> None:
        super().__init__(errno.EIO, "Input/output error")


@contextmanager
def pulled_after(most: int, monkeypatch: pytest.MonkeyPatch, *, torn: bool) -> Iterator[None]:
    """The stick takes so many bytes, and then it is gone; what was begun stays on it.

    Args:
        most: bytes.
        monkeypatch: to put the old way back.
        torn: the file under way already has its right name: not all file systems keep the order.
    """
    left = most
    opened = Path.open

    class Failing(io.FileIO):
        def write(self, data: bytes) -> int:  # type: ignore[override]
            nonlocal left
            if len(data) > left:
                super().write(data[:left])
                if torn:
                    path = Path(str(self.name))
                    shutil.copyfile(path, path.with_name(path.name.removesuffix(".part")))
                left = 0
                raise Pulled()
            left -= len(data)
            return super().write(data)

    def open_on_stick(path: Path, mode: str = "r", *rest: object, **more: object) -> object:
        if mode == "wb" and path.name.endswith(".part"):
            return Failing(str(path), "wb")
        return opened(path, mode, *rest, **more)  # type: ignore[call-overload]

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", open_on_stick)
        patched.setattr("sync.courier._PIECE", 4096)
        # A stick that is gone removes nothing either.
        patched.setattr("sync.courier.contextlib.suppress", _do_nothing)
        yield


@contextmanager
def _do_nothing(*_: object) -> Iterator[None]:
    yield


@pytest.mark.parametrize("torn", [False, True])
def test_a_stick_pulled_out_at_any_byte_loses_nothing_and_the_next_try_completes_it(
    town: Town, stick: Path, monkeypatch: pytest.MonkeyPatch, torn: bool
) -> None:
    with enrolled(town) as device, town.service() as service:
        town.confirm(device, *map(str, range(5)))
        say(town, device, Attachment("a.jpg", b"\xff\xd8" * 9_000, "image/jpeg"))
        carry_out(device, stick)
        whole = {path.name: path.read_bytes() for path in stick.rglob("*") if path.is_file()}
        size = sum(map(len, whole.values()))
        offsets = sorted({0, 1, size - 1, *Random(7).sample(range(size), 150)})
        for offset in offsets:
            shutil.rmtree(stick / "parvis")
            with (
                pulled_after(offset, monkeypatch, torn=torn),
                pytest.raises(CourierFailed, match="Nothing is lost"),
            ):
                carry_out(device, stick)
            # What it carries now is taken, or refused by name; and does no harm.
            there = {path.name for path in stick.rglob("*") if path.is_file()}
            if offset in offsets[::15]:
                take_in(service, stick)
            assert device.outbox.counts().owed == 6
            carry_out(device, stick)
            found = {path.name: path.read_bytes() for path in stick.rglob("*") if path.is_file()}
            assert found == whole, (offset, there)
        take_in(service, stick)
        put_out(service, stick)
        assert carry_in(device, stick).released == 6


def test_a_word_pulled_out_at_any_byte_releases_nothing_until_it_is_whole(
    town: Town, stick: Path
) -> None:
    with enrolled(town) as device:
        town.confirm(device, "un banc")
        carry_out(device, stick)
        arrive(town, stick)
        [path] = (stick / "parvis" / "acknowledgements").iterdir()
        word = path.read_bytes()
        for end in range(len(word)):
            path.write_bytes(word[:end])
            assert carry_in(device, stick).released == 0
        path.write_bytes(word)
        assert carry_in(device, stick).released == 1


def test_an_attachment_that_was_lost_on_the_way_is_asked_for_again(town: Town, stick: Path) -> None:
    with enrolled(town) as device:
        say(town, device, PHOTO)
        carry_out(device, stick)
        [attachment] = (stick / "parvis" / "attachments").iterdir()
        attachment.write_bytes(attachment.read_bytes()[:-1])
        with town.service() as service:
            taken = take_in(service, stick)
            assert (taken.batches, taken.attachments, taken.awaited) == (1, 0, 1)
            put_out(service, stick)
        assert carry_in(device, stick).released == 0
        assert device.outbox.counts().owed == 1
        carry_out(device, stick)
        arrive(town, stick)
        assert carry_in(device, stick).released == 1


def test_a_stick_brings_new_consultations_that_the_server_vouches_for(
    town: Town, stick: Path
) -> None:
    with enrolled(town) as device:
        with town.service() as service:
            service.publish(town.publication(version=2).data)
        arrive(town, stick)
        assert carry_in(device, stick).fetched == ("La place",)
        assert device.consultation(town.consultation.id).version == 2
        # One that the server did not list is not taken, whoever signed it.
        path = stick / "parvis" / "consultations" / f"{town.consultation.id}.parvis"
        path.write_bytes(town.publication(version=9).data)
        assert carry_in(device, stick).fetched == ()
        assert device.consultation(town.consultation.id).version == 2


def test_a_full_stick_is_said_to_be_full(
    town: Town, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with enrolled(town) as device:
        town.confirm(device, "un banc")
        with monkeypatch.context() as patched:
            patched.setattr("sync.courier.os.fsync", full)
            with pytest.raises(CourierFailed, match=r"No space left.*Make room"):
                carry_out(device, stick)
        assert carry_out(device, stick).batches == 1


def test_the_commands_carry_both_ways(town: Town, stick: Path) -> None:
    with town.serving() as url:
        code = town.code(url)
        with town.device() as device:
            enrol(device, code)
            device.hold(town.consultation.data)
            town.confirm(device, "un banc")
    there, here = ["--data", str(town.server_data)], ["--data", str(town.root / "mairie")]
    run = CliRunner().invoke
    out = run(kiosk_main, ["courier", "out", str(stick), *here])
    assert (out.exit_code, "1 contribution in 1 batch" in out.output) == (0, True)
    taken = run(server_main, ["courier", "in", str(stick), *there])
    assert (taken.exit_code, "1 batch with 1 contribution" in taken.output) == (0, True)
    word = run(server_main, ["courier", "out", str(stick), *there])
    assert (word.exit_code, "word on 1 batch" in word.output) == (0, True)
    back = run(kiosk_main, ["courier", "in", str(stick), *here])
    assert back.exit_code == 0
    assert "1 contribution have arrived" not in back.output
    assert "0 contributions still on this device" in back.output
    again = run(kiosk_main, ["courier", "out", str(stick), *here])
    assert "Nothing waits" in again.output
    gone = run(kiosk_main, ["courier", "out", str(stick / "gone"), *here])
    assert (gone.exit_code, "mounted" in gone.output) == (1, True)
