"""A further recipient opens what the organiser opens, from a copy; and wrong keys are called so."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner, Result

from sync import consultation as packages
from sync.desk.commands import main as desk
from sync.key_directory import KeyDirectory
from sync.keys import Suite
from sync.server.commands import main as server
from tests.sync.town import FORM, Town


def run(command: object, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])  # type: ignore[arg-type]


def guarded(root: Path) -> tuple[Town, KeyDirectory]:
    """A town whose consultation is sealed to somebody else as well, and that one's keys."""
    guarantor = KeyDirectory.create(root / "guarantor", label="Garante", suite=Suite.X25519)
    town = Town(root, published=False)
    draft = town.publication()
    recipients = (*draft.recipients, guarantor.public)
    made = replace(draft, recipients=recipients, data=b"")
    town.consultation = packages.publish(made, town.keys.organiser)
    with town.service() as service:
        service.publish(town.consultation.data)
    return town, guarantor


def test_a_guarantor_opens_everything_from_a_copy_of_the_server(tmp_path: Path) -> None:
    town, guarantor = guarded(tmp_path)
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc", "un arbre")
        town.registered(device)
    backup = tmp_path / "backup"
    assert run(server, "backup", backup, "--data", town.server_data).exit_code == 0
    (backup / "place.parvis").write_bytes(town.consultation.data)
    store = tmp_path / "guarantor.sqlite"
    done = run(desk, "pull", "--from", backup, "--keys", guarantor.path, "--store", store)
    assert done.exit_code == 0, done.output
    assert "2 contributions opened" in done.output
    table = tmp_path / "table.csv"
    assert run(desk, "export", "--store", store, "--csv", table).exit_code == 0
    assert "un arbre" in table.read_text(encoding="utf-8-sig")


def test_a_guarantor_whose_key_the_organiser_has_pulls_from_the_server(tmp_path: Path) -> None:
    guarantor = KeyDirectory.create(tmp_path / "guarantor", label="Garante")
    town = Town(tmp_path, published=False)
    form, package = tmp_path / "f.xml", tmp_path / "c.parvis"
    form.write_text(FORM.format(version=1))
    handed = tmp_path / "handed"
    handed.mkdir()
    given = ("publish", form, "--keys", town.keys.path, "--out", package, "--without-notice")
    shutil.copy(guarantor.path / "recipient.pub", handed)
    warned = run(desk, *given, "--guarantor", handed / "recipient.pub")
    assert "cannot pull from the server" in warned.output
    shutil.copy(guarantor.path / "organiser.pub", handed)
    assert run(desk, *given, "--guarantor", handed / "recipient.pub").exit_code == 0
    town.consultation = packages.read(package.read_bytes())
    with town.service() as service:
        service.publish(town.consultation.data)
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc", "un arbre")
        town.registered(device)
        store, keys = tmp_path / "g.sqlite", guarantor.path
        done = run(desk, "pull", "--server", url, "--keys", keys, "--store", store)
        assert done.exit_code == 0, done.output
        assert "2 contributions opened" in done.output
        assert run(desk, "check", "--store", store).exit_code == 0
        # To read is not to publish, nor to erase.
        said = run(
            *(desk, "publish-answers", "--server", url, "--keys", keys, "--store", store),
            "--all-read",
        )
        assert said.exit_code == 1
        assert "no right" in said.output


def test_wrong_keys_are_called_wrong_and_nothing_is_pulled(tmp_path: Path) -> None:
    town = Town(tmp_path)
    other = KeyDirectory.create(tmp_path / "other", suite=Suite.X25519)
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        town.registered(device)
        store = tmp_path / "store.sqlite"
        for keys in (other.path,):
            said = run(desk, "pull", "--server", url, "--keys", keys, "--store", store)
            assert said.exit_code == 1
            assert "was published with these keys" in said.output
            assert "“La place” of Ville" in said.output
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "place.parvis").write_bytes(town.consultation.data)
    said = run(desk, "pull", "--from", tmp_path / "copy", "--keys", other.path, "--store", store)
    assert said.exit_code == 1
    assert "was published with these keys" in said.output
