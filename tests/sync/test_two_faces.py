"""A server that shows one register to devices and another to the desk is told of, loudly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner

from sync.client.https import sync_once
from sync.desk.commands import main
from sync.desk.findings import Kind
from sync.register import checkpoint
from sync.register.checkpoint import Checkpoint, origin_of
from tests.sync.town import Town


def signed(town: Town, size: int, root: bytes) -> bytes:
    """A checkpoint that the town's server signs for somebody."""
    with town.service() as service:
        return Checkpoint(origin_of(town.consultation.id), size, root).sign(service._key)


def other_root(note: bytes, town: Town) -> Checkpoint:
    with town.service() as service:
        read = checkpoint.read(note, origin_of(town.consultation.id), service.public_key)
    return replace(read, root=bytes(32))


def test_what_devices_saw_is_held_against_what_the_desk_is_shown(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        town.confirm(device, "un banc", "un arbre")
        town.registered(device)
        town.confirm(device, "de l'ombre")  # this batch says what its device saw
        town.registered(device)
        report = town.pull(url, desk)
        assert Kind.TWO_FACES not in report.found
        assert desk.seen.largest(town.consultation.id) == 2


def test_a_device_that_saw_another_register_of_the_same_size_proves_two_faces(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        town.confirm(device, "un banc", "un arbre")
        town.registered(device)
        seen = device.checkpoint(town.consultation.id)
        assert seen is not None
        device.saw(town.consultation.id, signed(town, 2, other_root(seen, town).root))
        town.confirm(device, "de l'ombre")
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        with town.service() as service:
            service.intake.receive(outgoing.name, outgoing.data)
        report = town.pull(url, desk)
        (found,) = [one for one in report.findings if one.kind is Kind.TWO_FACES]
        assert device.key_id.hex() in found.sentence
        assert "TWO REGISTERS" in found.sentence
    # And again at every pull, with an exit status.
    with town.serving() as url:
        done = pulled(town, url, town.root / "desk.sqlite")
        assert done.exit_code == 1
        assert "TWO REGISTERS" in done.output


def test_a_device_that_saw_more_than_the_desk_is_shown_proves_it_too(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        town.confirm(device, "un banc")
        town.registered(device)
        device.saw(town.consultation.id, signed(town, 600, bytes(32)))
        town.confirm(device, "de l'ombre")
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        with town.service() as service:
            service.intake.receive(outgoing.name, outgoing.data)
        report = town.pull(url, desk)
        (found,) = [one for one in report.findings if one.kind is Kind.TWO_FACES]
        assert "600" in found.sentence


def test_what_no_server_signed_accuses_nobody(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        town.confirm(device, "un banc")
        town.registered(device)
        forged = Checkpoint(origin_of(town.consultation.id), 600, bytes(32)).sign(device.key)
        device.saw(town.consultation.id, forged)
        town.confirm(device, "de l'ombre")
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        with town.service() as service:
            service.intake.receive(outgoing.name, outgoing.data)
        assert Kind.TWO_FACES not in town.pull(url, desk).found


def pulled(town: Town, url: str, store: Path):  # type: ignore[no-untyped-def]
    given = ["pull", "--server", url, "--keys", str(town.keys.path), "--store", str(store)]
    return CliRunner().invoke(main, given)


def test_a_pull_names_every_device_that_no_earlier_one_knew(town: Town) -> None:
    store = town.root / "desk.sqlite"
    with town.serving() as url:
        with town.device(url=url) as device:
            town.confirm(device, "un banc")
            sync_once(device)
        first = pulled(town, url, store)
        assert "New device: “mairie”" in first.output
        assert "New device" not in pulled(town, url, store).output
        with town.device("autre") as false:
            from sync.client.https import enrol

            enrol(false, town.code(url), "mairie")
        again = pulled(town, url, store)
        assert "ANOTHER DEVICE HAS THIS NAME" in again.output
        assert again.exit_code == 0
