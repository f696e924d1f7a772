"""What an option cannot do is said: options that exclude each other, or that nothing reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kiosk.commands import main as kiosk
from sync.desk.commands import main as desk
from sync.server.commands import main as server
from sync.verify import main as verify
from tests.sync.town import FORM, Town

COMMANDS = {"desk": desk, "server": server, "kiosk": kiosk}


def run(command: str, *arguments: object, **more: object) -> Result:
    return CliRunner().invoke(COMMANDS[command], [str(one) for one in arguments])


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("desk pull --from ROOT --ca FILE --keys KEYS --store S", "--ca is for a --server"),
        ("desk pull --server http://x --from ROOT --keys KEYS --store S", "either --server"),
        ("desk keys join --keys KEYS --check --remove", "either --check"),
        ("server restore ROOT --data NEW --register ROOT --new-key", "either --register"),
        ("server run --data SERVER --proxy proxy.local --port 0", "--proxy is an address"),
        ("kiosk printer --data ROOT --at file:/dev/null --none", "either --at"),
        ("kiosk printer --data ROOT --dots 384", "give --at"),
        ("kiosk printer --data ROOT --native-qr", "give --at"),
    ],
)
def test_options_that_do_not_go_together_are_said(
    command: str, says: str, town: Town, tmp_path: Path
) -> None:
    places = {
        "ROOT": tmp_path,
        "FILE": tmp_path / "keys" / "recipient.pub",
        "KEYS": tmp_path / "keys",
        "S": tmp_path / "s.sqlite",
        "NEW": tmp_path / "new",
        "SERVER": town.server_data,
    }
    name, *words = command.split(" ")
    said = run(name, *(places.get(word, word) for word in words))
    assert said.exit_code == 2
    assert says in " ".join(said.output.split())
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "s.sqlite").exists()


def test_rules_that_cannot_be_make_no_device(tmp_path: Path) -> None:
    said = run("kiosk", "rules", "--data", tmp_path / "typo", "--hours", "20-7")
    assert said.exit_code == 1
    assert not (tmp_path / "typo").exists()


def test_a_version_is_not_published_in_the_place_of_another(tmp_path: Path) -> None:
    keys, form, out = tmp_path / "keys", tmp_path / "f.xml", tmp_path / "c.parvis"
    form.write_text(FORM.format(version=1))
    run("desk", "keys", "new", "--out", keys)
    given = ("publish", form, "--keys", keys, "--out", out, "--without-notice", "--title", "Place")
    assert run("desk", *given).exit_code == 0
    kept = next((keys / "published").iterdir())
    first = kept.read_bytes()
    assert run("desk", *given, "--version", "1").exit_code == 0  # the same again
    form.write_text(FORM.format(version=1).replace("Combien", "Pour combien"))
    other = run("desk", *given, "--version", "1")
    assert other.exit_code == 1
    assert "was published already, with another content" in other.output
    assert run("desk", *given).exit_code == 0
    older = run("desk", *given[:-1], "Autre", "--version", "1")
    assert older.exit_code == 1
    assert "was published already" in older.output
    assert kept.read_bytes() == first


def test_a_record_that_cannot_be_written_destroys_no_key(town: Town, tmp_path: Path) -> None:
    with town.desk() as store:
        store.know(town.consultation)
        path = store.path
    key = town.keys.public.id.hex()
    given = ("keys", "destroy", key, "--keys", town.keys.path, "--store", path, "--reason", "x")
    said = run("desk", *given, "--yes", "--out", tmp_path / "no folder" / "record.json")
    assert said.exit_code == 1
    assert (town.keys.path / "recipient.key").exists()
    asked = run("desk", *given)
    assert asked.exit_code == 1
    assert "--yes" in asked.output
    assert (town.keys.path / "recipient.key").exists()


def test_a_checkpoint_is_not_saved_over_something_else(town: Town, tmp_path: Path) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        town.registered(device)
    with town.service() as service:
        key = service.registers.key(town.consultation.id)
    register = str(town.server_data / "register" / town.consultation.id)
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    assert verify(["log", register, "--key", key, "--save", str(notes)]) == 2
    assert notes.read_text() == "mine"
    for _ in range(2):
        assert verify(["log", register, "--key", key, "--save", str(tmp_path / "kept")]) == 0
