"""The desk checks all that it has against the register, and gives the public what proves itself."""

import json
import shutil
import sqlite3
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from sync import verify
from sync.client.https import sync_once
from sync.contribution import Agreement, Assistance, Contribution, Given, Help, Mode
from sync.desk.commands import main as desk
from sync.desk.findings import Finding, Kind
from sync.desk.pull import PullReport, pull
from sync.desk.sources import ServerSource
from sync.desk.store import DeskStore
from sync.register.checkpoint import origin_of, verifier_key
from sync.register.entry import Entry
from sync.register.tiles import bundle
from tests.sync.town import OpenTown, Town
from tests.waiting import LONG


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


def speak(town: Town, url: str, *ideas: str, name: str = "mairie") -> None:
    with town.device(name, url) as device:
        town.confirm(device, *ideas)
        assert sync_once(device).complete


def found(store: DeskStore, *kinds: Kind) -> list[Finding]:
    return [finding for finding in store.findings() if finding.kind in kinds]


def pulled(town: Town, url: str, store: DeskStore) -> PullReport:
    """Pull until the server has published what it stored a moment ago."""
    until = time.monotonic() + LONG
    while True:
        report = town.pull(url, store)
        if not report.awaited:
            return report
        assert time.monotonic() < until, report
        time.sleep(0.2)


def test_everything_that_is_pulled_stands_in_the_register(town: Town) -> None:
    with town.desk() as store:
        for round_ in range(3):
            with town.serving() as url:
                speak(town, url, *(f"{round_} {number}" for number in range(150)))
                report = pulled(town, url, store)
                assert (report.total, report.findings) == (150 * (round_ + 1), ())
        assert len(list(store.register.entries(town.consultation.id))) == 450


def test_what_is_registered_and_not_pulled_is_named_with_its_receipt(town: Town) -> None:
    with town.serving() as url, town.desk() as store:
        speak(town, url, *"abc")
        assert pulled(town, url, store).findings == ()
        with sqlite3.connect(store.path) as db:
            db.execute("DELETE FROM fields WHERE contribution = 2")
            db.execute("DELETE FROM contributions WHERE number = 2")
        (finding,) = town.pull(url, store).findings
        assert finding.kind is Kind.MISSING
        assert "is not in this store" in finding.sentence


def test_what_is_pulled_and_not_registered_is_named(town: Town) -> None:
    with town.serving() as url, town.desk() as store:
        speak(town, url, *"abc")
        assert pulled(town, url, store).findings == ()
        with sqlite3.connect(store.path) as db:
            db.execute("UPDATE contributions SET commitment = ? WHERE number = 2", ["ab" * 32])
        kinds = {finding.kind for finding in town.pull(url, store).findings}
        assert kinds == {Kind.MISSING, Kind.UNREGISTERED}


def test_a_register_that_changed_its_past_is_named_and_never_taken(town: Town) -> None:
    with town.serving() as url, town.desk() as store:
        speak(town, url, *"abc")
        assert pulled(town, url, store).findings == ()
    with sqlite3.connect(town.server_data / "parvis.sqlite") as db:
        other = [Entry(bytes([at] * 32)).to_bytes() for at in range(9)]
        db.execute("DELETE FROM checkpoints")
        db.execute("DELETE FROM register")
        db.execute(
            "INSERT INTO register (consultation, first, count, batch, entries)"
            " VALUES (?, 0, 9, NULL, ?)",
            [town.consultation.id, bundle(other)],
        )
    shutil.rmtree(town.server_data / "register")
    with town.serving() as url, town.desk() as store:
        before = store.register.note(town.consultation.id)
        for _ in range(2):
            town.pull(url, store)
            (finding,) = found(store, Kind.REGISTER)
            assert "entries were changed or removed" in finding.sentence
        assert store.register.note(town.consultation.id) == before


def test_a_copy_in_the_store_that_was_changed_is_named_by_a_check(town: Town) -> None:
    with town.serving() as url, town.desk() as store:
        speak(town, url, *"abc")
        pulled(town, url, store)
        path = store.path
    checked = CliRunner().invoke(desk, ["check", "--store", str(path)])
    assert checked.exit_code == 0, checked.output
    assert "3 contributions" in checked.output
    with sqlite3.connect(path) as db:
        db.execute("UPDATE register SET entry = ? WHERE position = 1", [b"\x01" + bytes(32)])
        db.execute("UPDATE fields SET value = 'tout autre chose' WHERE contribution = 2")
    checked = CliRunner().invoke(desk, ["check", "--store", str(path)])
    assert checked.exit_code == 1
    assert "The copy of the register in this store was changed." in checked.output
    assert "is not what was opened" in checked.output


def test_only_what_is_new_in_the_register_is_fetched_and_hashed(town: Town) -> None:
    with town.serving() as url, town.desk() as store:
        speak(town, url, *(str(number) for number in range(600)))
        pulled(town, url, store)
        speak(town, url, "d")
        asked: list[str] = []

        class Watched(ServerSource):
            def register_file(self, consultation: str, path: str) -> bytes | None:
                asked.append(path)
                return super().register_file(consultation, path)

        until = time.monotonic() + LONG
        while store.register.size(town.consultation.id) < 601 and time.monotonic() < until:
            asked.clear()
            pull(Watched(url, town.keys.organiser), store, [town.keys.recipient])
        assert asked == ["checkpoint", "tile/entries/002.p/89"]
        assert store.register.hashed(town.consultation.id).root() == (
            store.register.check(town.consultation.id).root()
        )


def test_what_the_server_is_about_to_publish_alarms_nobody_and_is_said(town: Town) -> None:
    with town.serving() as url, town.desk() as store:
        speak(town, url, *"abc")
        pulled(town, url, store)

        class Slow(ServerSource):
            def register_file(self, consultation: str, path: str) -> bytes | None:
                return kept if path == "checkpoint" else super().register_file(consultation, path)

        kept = store.register.note(town.consultation.id)
        speak(town, url, "d")

        begun = time.time()

        def look(after: float) -> PullReport:
            source = Slow(url, town.keys.organiser)
            now = begun + after
            return pull(source, store, [town.keys.recipient], clock=lambda: now)

        first = look(0)
        assert (first.awaited, first.findings) == (1, ())
        assert "1 not yet in the register" in first.summary()
        assert (look(1).awaited, look(2).findings) == (1, ())
        late = look(60)
        assert [finding.kind for finding in late.findings] == [Kind.UNREGISTERED]
        until = time.monotonic() + LONG
        while town.pull(url, store).findings:  # until the server has published it
            assert time.monotonic() < until
            time.sleep(0.2)


def test_the_servers_own_folder_serves_as_well(town: Town) -> None:
    with town.serving() as url, town.desk("first.sqlite") as store:
        speak(town, url, *"abc")
        town.pull(url, store)
    with town.desk() as store:
        report = town.pull(town.server_data, store)
        assert report.total == 3
        town.pull(town.server_data, store)
        assert store.findings() == ()


def test_published_data_hold_and_say_nothing_of_what_was_left_out(tmp_path: Path) -> None:
    town = OpenTown(tmp_path)
    with town.serving() as url, town.desk() as store:
        speak(town, url, "un banc", "passage des Tilleuls")
        with town.device("mairie") as device:
            agreed = Agreement("2026-11-21", "Centre", "M-07", "1", Given.SPOKEN)
            helped = Assistance(agreed, frozenset({Help.READING}), True, ("/data/idea",))
            held = device.consultation(town.consultation.id)
            fields = (("/data/idea", "une fontaine"), ("/data/budget", "12"))
            form = ("place", "1", held.form_hash)
            device.confirm(held.id, Contribution(*form, Mode.ASSISTED, "ar", fields, helped))
            assert sync_once(device).complete
        assert town.pull(url, store).findings == ()
        path = store.path
    with town.service() as service:
        key = verifier_key(origin_of(town.consultation.id), service.public_key)
    register = town.server_data / "register" / town.consultation.id
    out = tmp_path / "open.jsonl"

    asked = ["open-data", "--store", str(path), "--out", str(out)]
    wrong = CliRunner().invoke(desk, [*asked, "--without", "/data/idee"])
    assert wrong.exit_code
    assert "misspelt: the fields are /data/budget, /data/idea" in wrong.output
    assert not out.exists()

    ran = CliRunner().invoke(desk, [*asked, "--without", "/data/budget"])
    assert ran.exit_code == 0, ran.output
    assert "Shown: /data/idea." in ran.output
    text = out.read_text()
    assert "passage des Tilleuls" in text
    for hidden in ("/data/budget", "M-07", "reading", '"ar"', "assisted"):
        assert hidden not in text
    assert len([json.loads(line) for line in text.splitlines()]) == 3
    assert verify.main(["data", str(register), "--key", key, str(out)]) == 0
    out.write_text(text.replace("un banc", "un bunc"))
    assert verify.main(["data", str(register), "--key", key, str(out)]) == 1
