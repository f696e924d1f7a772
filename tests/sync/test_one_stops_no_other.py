"""What is damaged, lost or away stops only itself: other registers, orders and uploads go on."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from click.testing import CliRunner

from sync import consultation as packages
from sync.client.https import Uplink, sync_once
from sync.consultation import Consultation
from sync.contribution import Contribution, Mode
from sync.device import Device
from sync.errors import DamagedRegister
from sync.server.commands import main as server
from sync.server.database import UnusableStore
from sync.server.doctor import examine
from sync.server.intake import Intake
from sync.server.service import Service
from tests.sync.test_erasing_at_once import order_for, tombstones
from tests.sync.test_erasing_damaged import file_of, said_in_batches
from tests.sync.test_register_doubt import flip
from tests.sync.town import Town


def another(town: Town, name: str) -> Consultation:
    """One more consultation of the town."""
    draft = replace(town.publication(), form_id=name)
    made = packages.publish(draft, town.keys.organiser)
    with town.service() as service:
        service.publish(made.data)
    return made


def say(device: Device, to: Consultation, idea: str) -> None:
    fields = (("/data/idea", idea),)
    device.confirm(to.id, Contribution(to.form_id, "1", to.form_hash, Mode.SELF, "fr", fields))


def spoil(town: Town, service: Service, consultation: str) -> None:
    """A register's tiles and its rows are damaged, so that it cannot be made again."""
    for path in (town.server_data / "register" / consultation / "tile").rglob("*"):
        if path.is_file():
            flip(path)
    from sqlalchemy import update

    from sync.server import schema

    table = schema.register
    with service.store.writing() as db:
        here = table.c.consultation == consultation
        entries = b"\x00\x21\x01" + bytes(32)
        db.execute(update(table).where(here).values(entries=entries))


@pytest.mark.parametrize("spoilt", [0, 1, 2])
def test_a_register_that_cannot_be_made_again_holds_up_no_other(town: Town, spoilt: int) -> None:
    others = [another(town, "un"), another(town, "deux")]
    every = sorted([town.consultation, *others], key=lambda one: one.id)
    bad = every[spoilt]
    with town.serving() as url, town.device(url=url) as device:
        sync_once(device)
        for one in every:
            say(device, one, "avant")
        town.registered(device)
    with town.service() as service:
        spoil(town, service, bad.id)
        with town.device() as device:
            for one in every:
                say(device, one, "après")
            for outgoing in device.outbox.every_batch():
                service.intake.receive(outgoing.name, outgoing.data)
        with pytest.raises(DamagedRegister):
            service.registers.publish()
        sizes = {one.id: service.registers.size(one.id) for one in every}
        assert sizes == {one.id: 1 if one is bad else 2 for one in every}
        with pytest.raises(DamagedRegister):
            service.registers.mend()
    good = next(one for one in every if one is not bad)
    with town.serving() as url, town.device(url=url) as device:  # it starts, and serves the others
        say(device, good, "encore")
        assert sync_once(device).sent >= 1
    with town.service() as service:
        assert service.registers.size(good.id) == 3


def test_orders_that_wait_for_a_batch_that_is_lost_for_good_can_be_closed(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.service() as service:
        lost, other = said_in_batches(town, device, "un banc", "un arbre")
        town.registered(device)
        place = file_of(town, service, lost)
        name = place.name
        flip(place)
        with pytest.raises(Exception, match="missing"):
            service.erase(order_for(town, lost.id))
        assert service.erasures_undone() == 1
        named = [one.sentence for one in examine(service)]
        assert any("give-up" in sentence for sentence in named)
    run = CliRunner().invoke
    sound = hashlib.sha256(b"").hexdigest()
    refused = run(server, ["give-up", sound, "--data", str(town.server_data), "--yes"])
    assert refused.exit_code != 0
    done = run(server, ["give-up", name, "--data", str(town.server_data), "--yes"])
    assert done.exit_code == 0, done.output
    assert "1 order to erase closed" in done.output
    with town.service() as service:
        assert service.erasures_undone() == 0
        assert tombstones(service, town.consultation.id) == [lost.commitment]
        assert not place.exists()
        assert name not in list(service.damaged_batches())
        assert any("given up" in one.sentence for one in examine(service))
        service.erase(order_for(town, other.id))  # later orders are not held up either
        assert service.erasures_undone() == 0


def test_a_given_up_batch_that_its_device_sends_again_is_here_without_what_was_erased(
    town: Town,
) -> None:
    with town.serving() as url, town.device(url=url) as device:
        first, second = town.confirm(device, "un banc", "un arbre")
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        assert sync_once(device).sent == 2
        with town.service() as service:
            place = file_of(town, service, first)
            place.unlink()
            with pytest.raises(Exception, match="missing"):
                service.erase(order_for(town, first.id))
            service.erasures.give_up(place.name, 0.0)
            service.intake.receive(outgoing.name, outgoing.data)
            assert service.store.lost_batches() == 0
            left = [one.id for one in service.erasures.read_stored(place.name).records
                    if one.ciphertext]  # fmt: skip
            assert left == [second.id]


@pytest.mark.parametrize("trouble", [UnusableStore("away"), OSError(28, "full")])
def test_a_complete_upload_stays_when_something_else_goes_wrong(
    town: Town, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, *(f"idée {at}" for at in range(100)))
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        size = len(outgoing.data)
        real = Intake.receive

        def fails(self: Intake, name: str, body: bytes) -> bytes:
            raise trouble

        monkeypatch.setattr(Intake, "receive", fails)
        uplink = Uplink(device)
        uplink._uploader._pace.piece = size // 3
        assert not uplink.sync().complete
        uplink.close()
        with town.service() as service:
            assert service.intake.batch_offset(outgoing.name) == (size, False)
        monkeypatch.setattr(Intake, "receive", real)
        sent = []
        uplink = Uplink(device)
        uplink._uploader._pace.piece = size // 3
        ask = uplink._wire.ask

        def counted(method: str, path: str, body: bytes = b"", *given: object, **more: object):
            sent.append(len(body))
            return ask(method, path, body, *given, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(uplink._wire, "ask", counted)
        assert uplink.sync().sent == 100
        uplink.close()
        assert sum(sent) == 0  # nothing of it had to come again
