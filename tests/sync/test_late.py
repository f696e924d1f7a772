"""A clock that is wrong leaves nothing out, and a kiosk that was off accuses nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import requests

from sync import consultation as packages
from sync import verify
from sync.client.https import enrol, sync_once
from sync.consultation import Consultation
from sync.contribution import Agreement, Assistance, Contribution, Given, Help, Mode
from sync.desk.findings import Kind
from sync.desk.open_data import publish_data
from sync.device import Device
from sync.erasure import Erasure
from sync.receipt import Receipt
from sync.register.checkpoint import origin_of, verifier_key
from sync.register.entry import Reason
from tests.sync.town import OpenTown, Town, ideas
from tests.waiting import wait_for

CLOSES = date(2026, 6, 30)


def closing(town: Town, day: date = CLOSES) -> Consultation:
    """The consultation's second version, which closes."""
    ends = packages.publish(replace(town.publication(2), closes=day), town.keys.organiser)
    with town.service() as service:
        service.publish(ends.data)
    return ends


def at(day: date, hour: int) -> float:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC).timestamp()


def say(device: Device, consultation: Consultation, idea: str, agreed: str = "") -> Receipt:
    help_ = Agreement(agreed, "Centre social", "M-07", "2", Given.SPOKEN)
    said = Contribution(
        "place",
        "2",
        consultation.form_hash,
        Mode.ASSISTED if agreed else Mode.SELF,
        "fr",
        (("/data/idea", idea),),
        assistance=Assistance(help_, frozenset({Help.READING}), read_back=True) if agreed else None,
    )
    return device.confirm(consultation.id, said)


@pytest.mark.parametrize(
    ("formed", "found"),
    [
        (at(CLOSES, 20), 0),
        (at(CLOSES + timedelta(days=1), 2), 0),  # still the closing day, somewhere
        (at(CLOSES + timedelta(days=1), 13), 1),
        (at(CLOSES + timedelta(days=400), 13), 1),
        (0.0, 0),
    ],
)
def test_what_was_sent_after_the_closing_day_is_counted_and_said(
    town: Town, formed: float, found: int
) -> None:
    ends = closing(town)
    with (
        town.serving() as url,
        Device.open(town.root / "tard", wall=lambda: formed) as device,
        town.desk() as desk,
    ):
        device.hold(ends.data)
        enrol(device, town.code(url), "tard")
        say(device, ends, "un banc")
        with town.service() as service:
            outgoing = device.outbox.next_batch()
            assert outgoing is not None
            service.intake.receive(outgoing.name, outgoing.data)
        report = town.pull(url, desk)
        assert ideas(desk, ends.id) == ["un banc"]
        late = [one for one in report.findings if one.kind is Kind.LATE]
        assert len(late) == found
        assert all(device.key_id.hex() in one.sentence for one in late)


def test_an_agreement_of_after_the_closing_day_is_named_and_its_contribution_counted(
    town: Town,
) -> None:
    ends = closing(town, date.today() + timedelta(days=3))
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        sync_once(device)
        say(device, ends, "à temps", f"{ends.closes}")
        late = say(device, ends, "en retard", f"{date.today() + timedelta(days=4)}")
        assert sync_once(device).complete
        report = town.pull(url, desk)
        assert ideas(desk, ends.id) == ["en retard", "à temps"]
        assert [one.contribution for one in report.findings if one.kind is Kind.LATE] == [
            late.id.hex()
        ]


def test_a_kiosk_that_was_off_for_a_hundred_days_makes_no_receipt_accuse_anybody(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "pour qu'il y ait un registre")
        town.registered(device)
        (receipt,) = town.confirm(device, "un banc")
        town.clock.now += 100 * 86_400
        link = receipt.qr_payload(url)
        page = requests.get(link.replace("HTTP", "http"), headers={"Accept-Language": "fr"})
        assert "n’est pas encore arrivée" in page.text
        assert "éteinte" in page.text
        assert "Parlez-en" not in page.text
        with town.service() as service:
            key = verifier_key(origin_of(town.consultation.id), service.public_key)
        old = Receipt.promise(
            town.consultation.id, receipt.commitment, device.key, town.clock.now - 200 * 86_400
        )
        place = f"{url}/register/{town.consultation.id}"
        for one in (receipt, old):
            assert verify.main(["receipt", place, "--key", key, one.qr_payload(url)]) == 1
            said = capsys.readouterr().err
            assert "is not in the register yet" in said
            for accusing in ("does not hold", "although", "proof"):
                assert accusing not in said
        assert sync_once(device).complete
        town.registered(device)
        assert verify.main(["receipt", place, "--key", key, link]) == 0


def test_who_verifies_published_data_is_told_how_many_were_erased(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    town = OpenTown(tmp_path)
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        receipts = town.confirm(device, "un banc", "un arbre", "de l'ombre")
        town.registered(device)
        with town.service() as service:
            for one in receipts[:2]:
                order = Erasure(town.consultation.id, one.id, Reason.ASKED, one.day)
                service.erase(order.sign(town.keys.organiser))
            key = verifier_key(origin_of(town.consultation.id), service.public_key)
            size = partial(service.registers.size, town.consultation.id)
            wait_for(lambda: size() == 5, "both tombstones are in the register")
        town.pull(url, desk)
        data = tmp_path / "open.jsonl"
        publish_data(desk, data)
        place = f"{url}/register/{town.consultation.id}"
        assert verify.main(["data", place, "--key", key, str(data)]) == 0
        said = capsys.readouterr().out
        assert "All 1 published contributions" in said
        assert "2 more were erased" in said
