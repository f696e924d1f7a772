"""Nothing changes on a device on a word that its server did not sign; no such sync is complete."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sync.client.https import enrol, sync_once
from sync.device import Device
from sync.erasure import Erasure, write_orders
from sync.register.entry import Reason
from sync.six_words import WordsDiffer
from tests.sync.between import Said, between
from tests.sync.town import Town


def problem(status: int, name: str) -> Said:
    """A refusal in the server's own words, which anybody can write."""
    said = {"type": f"urn:parvis:problem:{name}", "status": status, "detail": "Non."}
    return status, {"Content-Type": "application/problem+json"}, json.dumps(said).encode()


PORTAL: Said = (200, {"Content-Type": "text/html"}, b"<html>Accept our conditions</html>")

ANSWERS = {
    "portal": PORTAL,
    "redirect": (302, {"Location": "http://portal.example/"}, b""),
    "empty-204": (204, {}, b""),
    "complete-204": (204, {"Upload-Offset": "99999", "Upload-Complete": "?1"}, b""),
    **{f"proxy-{n}": (n, {}, b"<html>no") for n in (400, 403, 404, 405, 410, 413, 422, 451, 502)},
    "malformed-batch": problem(422, "malformed-batch"),
    "too-large": problem(413, "too-large"),
    "refused": problem(400, "refused"),
    "not-found": problem(404, "not-found"),
    "not-registered": problem(404, "not-registered"),
    "unknown-consultation": problem(404, "unknown-consultation"),
    "revoked-device": problem(403, "revoked-device"),
    "hash-mismatch": problem(400, "hash-mismatch"),
}

ROUTES: dict[str, Callable[[str, str], bool]] = {
    "everything": lambda method, path: True,
    "sending": lambda method, path: method in ("PUT", "PATCH"),
    "uploads": lambda method, path: method in ("PUT", "PATCH", "HEAD"),
    "acknowledgements": lambda method, path: path.endswith("/acknowledgement"),
    "registers": lambda method, path: "/register" in path,
}


def state(device: Device) -> list[object]:
    """All that a device remembers of what was sealed, sent and erased."""
    database = device.outbox._database
    rows: list[object] = []
    for query in (
        "SELECT id, state, cause, batch FROM contribution ORDER BY number",
        "SELECT name, state FROM batch ORDER BY rowid",
    ):
        rows += database.execute(query).fetchall()
    for folder in ("erasures", "attachments", "consultations"):
        for path in sorted((device.directory / folder).glob("*")):
            rows.append((str(path), path.read_bytes()))
    return rows


def led_to(device: Device, url: str) -> None:
    """The server's address now leads there."""
    device.enrolled = replace(device.enrolled, url=url)  # type: ignore[type-var]


@pytest.mark.parametrize("route", ROUTES)
def test_a_word_that_the_server_did_not_sign_changes_nothing_and_completes_nothing(
    town: Town, route: str
) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        assert sync_once(device).sent == 1  # kept here, and looked for again
        for number, (name, said) in enumerate(ANSWERS.items()):
            town.confirm(device, f"un arbre {number}", f"de l'ombre {number}")
            assert device.outbox.every_batch()  # all that waits is in batches
            kept = [one.name for one in device.outbox.kept()]
            device.outbox.mark_seen(kept, "another instance")
            before = state(device)

            def rule(
                method: str, path: str, _ask: Callable[[], Said], said: Said = said
            ) -> Said | None:
                return said if ROUTES[route](method, path) else None

            with between(url, rule) as there:
                led_to(device, there)
                report = sync_once(device)
            led_to(device, url)
            assert not report.complete, name
            assert report.troubles, name
            assert report.quarantined == 0, name
            if report.sent == 0:
                after = state(device)
                assert [one for one in before if one not in after] == [], name
            counts = device.outbox.counts()
            assert (counts.quarantined, counts.owed + counts.released) == (0, 3 + 2 * number), name
        sync_once(device)
        assert device.outbox.counts().released == 1 + 2 * len(ANSWERS)


def test_orders_to_erase_are_not_counted_as_done_on_an_unsigned_word(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        first, second = town.confirm(device, "un banc", "un arbre")
        assert sync_once(device).sent == 2
        orders = [
            Erasure(town.consultation.id, one.id, Reason.ASKED, one.day).sign(town.keys.organiser)
            for one in (first, second)
        ]
        with town.service() as service:
            for order in orders:
                service.erase(order)

        def rule(method: str, path: str, ask: Callable[[], Said]) -> Said | None:
            # One true order, twice, under numbers that are nobody's.
            told = write_orders([(1, orders[0]), (2, orders[0])])
            return (200, {}, told) if "/erasures" in path else None

        with between(url, rule) as there:
            led_to(device, there)
            report = sync_once(device)
        assert not report.complete
        assert device.erasures_seen(town.consultation.id) == 0
        led_to(device, url)
        sync_once(device)
        assert device.erasures_seen(town.consultation.id) == 2
        kept = device.outbox._database.execute("SELECT id FROM contribution WHERE ciphertext != ''")
        assert kept.fetchall() == []


def test_an_answer_to_an_earlier_request_is_no_word_on_this_one(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        kept: list[Said] = []

        def keeping(method: str, path: str, ask: Callable[[], Said]) -> Said | None:
            if path.endswith("/acknowledgement"):
                kept.append(ask())
                return kept[-1]
            return None

        with between(url, keeping) as there:
            led_to(device, there)
            from sync.client.https import Uplink

            uplink = Uplink(device)
            answer = uplink._uploader.acknowledgement(outgoing.name)
            uplink.close()
        assert (answer.status, answer.signed) == (404, True)
        led_to(device, url)
        assert sync_once(device).sent == 1
        device.outbox.mark_seen([outgoing.name], "another instance")

        def repeating(method: str, path: str, ask: Callable[[], Said]) -> Said | None:
            return kept[0] if path.endswith("/acknowledgement") else None

        town.clock.now += 60
        with between(url, repeating) as there:
            led_to(device, there)
            report = sync_once(device)
        assert not report.complete
        assert device.outbox.counts().released == 1


def test_who_says_in_the_servers_place_that_a_device_was_withdrawn_is_not_believed(
    town: Town, tmp_path: Path
) -> None:
    def rule(method: str, path: str, ask: Callable[[], Said]) -> Said | None:
        return (204, {}, b"") if method == "DELETE" else None

    with (
        town.serving() as url,
        between(url, rule) as there,
        town.device("autre") as device,
        pytest.raises(WordsDiffer, match="did not answer"),
    ):
        enrol(device, town.code(there), same=lambda _: False)
