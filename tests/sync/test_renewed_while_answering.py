"""A key renewed, or a guarantor added, while somebody answers: what they began with holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from sync import acknowledgement as acknowledgements
from sync import consultation as packages
from sync.acknowledgement import Verdict
from sync.client.https import sync_once
from sync.consultation import Consultation
from sync.contribution import Contribution, Mode
from sync.desk.commands import main
from sync.desk.publish import Publication, own_packages, publish
from sync.device import Device
from sync.errors import BadKey
from sync.keys import RecipientKeys, Suite
from sync.receipt import Receipt
from tests.sync.town import Town, ideas

ON_BOTH_DATABASES = True

GUARANTOR = RecipientKeys(Suite.X25519, bytes([6]) * 32, "Garant")


def say(device: Device, begun: Consultation, idea: str, *, by_version: bool = True) -> Receipt:
    """Somebody who began with a package confirms now."""
    said = Contribution(
        "place", f"{begun.version}", begun.form_hash, Mode.SELF, "fr", (("/data/idea", idea),)
    )
    return device.confirm(begun.id, said, version=begun.version if by_version else None)


def renewed(town: Town, **more: object) -> Consultation:
    """The next version, under a new key, published."""
    town.keys = town.keys.renew()
    return published(town, **more)


def published(town: Town, **more: object) -> Consultation:
    draft = town.publication(town.consultation.version + 1)
    town.consultation = packages.publish(replace(draft, **more), town.keys.organiser)  # type: ignore[arg-type]
    with town.service() as service:
        service.publish(town.consultation.data)
    return town.consultation


def verdicts(town: Town, device: Device) -> tuple[Verdict, ...]:
    """What the server says, by its clock, of the batch that goes next."""
    outgoing = device.outbox.next_batch()
    assert outgoing is not None
    with town.service() as service:
        word = service.intake.receive(outgoing.name, outgoing.data)
        return acknowledgements.read(word, service.public_key).verdicts


def test_who_was_answering_when_a_new_form_under_a_new_key_came_is_counted(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        begun = town.consultation
        renewed(town)
        assert sync_once(device).fetched
        say(device, begun, "un banc", by_version=False)
        report = sync_once(device)
        assert (report.sent, report.quarantined) == (1, 0)
        former = [one for one in town.keys.held if one.public.id == begun.recipients[0].id]
        from sync.desk.pull import pull
        from sync.desk.sources import ServerSource

        keys = [town.keys.recipient, *former]
        pull(ServerSource(url, town.keys.organiser), desk, keys, own_packages(town.keys))
        assert ideas(desk, begun.id) == ["un banc"]


def test_a_recipient_whom_nobody_was_told_of_gets_nothing_of_what_was_begun_before(
    town: Town,
) -> None:
    with town.serving() as url, town.device(url=url) as device:
        begun = town.consultation
        added = published(town, recipients=(*begun.recipients, GUARANTOR.public), form=begun.form)
        assert added.form_hash == begun.form_hash
        assert sync_once(device).fetched
        say(device, begun, "un banc")
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        from sync import batch as batches

        (section,) = batches.read(outgoing.data, device.key.public_key()).sections
        assert [one[1] for one in section.header.sealed] == [begun.recipients[0].id]
        report = sync_once(device)
        assert (report.sent, report.quarantined) == (1, 0)


@pytest.mark.parametrize(
    ("until", "after_days", "taken"),
    [(None, 29, True), (None, 31, False), (2, 1, True), (2, 4, False), (90, 80, True)],
)
def test_keys_of_an_older_version_are_taken_until_the_day_that_the_newer_one_names(
    town: Town, until: int | None, after_days: int, taken: bool
) -> None:
    with town.serving() as url, town.device(url=url) as device:
        begun = town.consultation
        day = None if until is None else date.today() + timedelta(days=until)
        renewed(town, former_keys_until=day)
        assert sync_once(device).fetched
        say(device, begun, "un banc")
        town.clock.now += after_days * 86_400
        expected = Verdict.STORED if taken else Verdict.WRONG_RECIPIENTS
        assert verdicts(town, device) == (expected,)


def test_nothing_is_sealed_to_a_withdrawn_key_nor_taken_for_one(town: Town) -> None:
    with (
        town.serving() as url,
        town.device(url=url) as device,
        town.device("loin", url) as unaware,
    ):
        begun = town.consultation
        say(unaware, begun, "sans nouvelles")
        renewed(town, withdrawn=(begun.recipients[0].id,))
        assert sync_once(device).fetched
        say(device, begun, "un banc")
        report = sync_once(device)
        assert (report.sent, report.quarantined) == (1, 0)
        assert verdicts(town, unaware) == (Verdict.WRONG_RECIPIENTS,)


@pytest.mark.sqlite_alone
def test_a_key_declared_stolen_or_destroyed_stays_withdrawn_in_every_later_version(
    town: Town, tmp_path: Path
) -> None:
    form = tmp_path / "place.xml"
    form.write_bytes(town.consultation.form)
    said = Publication(without_notice=True)
    first, _ = publish(str(form), town.keys, None, said)
    stolen = first.recipients[0]
    with pytest.raises(BadKey, match="renew"):
        publish(str(form), town.keys, None, replace(said, stolen=(stolen.id.hex(),)))
    town.keys = town.keys.renew()
    arguments = ["publish", str(form), "--keys", str(town.keys.path), "--without-notice"]
    arguments += ["--out", str(tmp_path / "two.parvis"), "--stolen", stolen.id.hex()]
    done = CliRunner().invoke(main, [*arguments, "--former-keys-until", "2030-01-31"])
    assert done.exit_code == 0, done.output
    second = packages.read((tmp_path / "two.parvis").read_bytes())
    assert second.withdrawn == (stolen.id,)
    assert second.former_keys_until == date(2030, 1, 31)
    third, _ = publish(str(form), town.keys, None, said)
    assert third.withdrawn == (stolen.id,)
