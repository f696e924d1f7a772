"""The desk checks all that it has against the register, and gives the public what proves itself."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from sync import verify
from sync.client.https import sync_once
from sync.contribution import Agreement, Assistance, Contribution, Given, Help, Mode
from sync.desk.commands import main as desk
from sync.desk.store import DeskStore, Finding, Kind
from sync.register.checkpoint import origin_of, verifier_key
from sync.register.entry import Entry
from sync.register.tiles import bundle
from tests.sync.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


def speak(town: Town, url: str, *ideas: str, name: str = "mairie") -> None:
    with town.device(name, url) as device:
        town.confirm(device, *ideas)
        assert sync_once(device).complete


def found(store: DeskStore, *kinds: Kind) -> list[Finding]:
    return [finding for finding in store.findings() if finding.kind in kinds]


def test_everything_that_is_pulled_stands_in_the_register(town: Town) -> None:
    with town.desk() as store:
        for round_ in range(3):
            with town.serving() as url:
                speak(town, url, *(f"{round_} {number}" for number in range(150)))
                report = town.pull(url, store)
                assert (report.total, report.findings) == (150 * (round_ + 1), ())
        assert len(list(store.register_entries(town.consultation.id))) == 450


def test_what_is_registered_and_not_pulled_is_named_with_its_receipt(town: Town) -> None:
    with town.serving() as url, town.desk() as store:
        speak(town, url, *"abc")
        assert town.pull(url, store).findings == ()
        with sqlite3.connect(store.path) as db:
            db.execute("DELETE FROM fields WHERE contribution = 2")
            db.execute("DELETE FROM contributions WHERE number = 2")
        (finding,) = town.pull(url, store).findings
        assert finding.kind is Kind.MISSING
        assert "is not in this store" in finding.sentence


def test_what_is_pulled_and_not_registered_is_named(town: Town) -> None:
    with town.serving() as url, town.desk() as store:
        speak(town, url, *"abc")
        assert town.pull(url, store).findings == ()
        with sqlite3.connect(store.path) as db:
            db.execute("UPDATE contributions SET commitment = ? WHERE number = 2", ["ab" * 32])
        kinds = {finding.kind for finding in town.pull(url, store).findings}
        assert kinds == {Kind.MISSING, Kind.UNREGISTERED}


def test_a_register_that_changed_its_past_is_named_and_never_taken(town: Town) -> None:
    with town.serving() as url, town.desk() as store:
        speak(town, url, *"abc")
        assert town.pull(url, store).findings == ()
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
        before = store.register_note(town.consultation.id)
        for _ in range(2):
            town.pull(url, store)
            (finding,) = found(store, Kind.REGISTER)
            assert "entries were changed or removed" in finding.sentence
        assert store.register_note(town.consultation.id) == before


def test_a_copy_in_the_store_that_was_changed_is_named(town: Town) -> None:
    with town.serving() as url, town.desk() as store:
        speak(town, url, *"abc")
        town.pull(url, store)
        with sqlite3.connect(store.path) as db:
            db.execute("UPDATE register SET entry = ? WHERE position = 1", [b"\x01" + bytes(32)])
        speak(town, url, "d")
        town.pull(url, store)
        assert "The copy of the register in this store was changed." in (
            found(store, Kind.REGISTER)[0].sentence
        )


def test_the_servers_own_folder_serves_as_well(town: Town) -> None:
    with town.serving() as url, town.desk("first.sqlite") as store:
        speak(town, url, *"abc")
        town.pull(url, store)
    with town.desk() as store:
        report = town.pull(town.server_data, store)
        assert report.total == 3
        town.pull(town.server_data, store)
        assert store.findings() == ()


def test_published_data_hold_and_say_nothing_of_what_was_left_out(
    town: Town, tmp_path: Path
) -> None:
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
