"""The commands used wrongly: one sentence, exit 1 or 2, and nothing of anybody's is harmed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from kiosk.commands import main as kiosk
from sync.command_line import Refusing
from sync.desk.commands import main as desk
from sync.server.commands import main as server
from tests.sync.town import FORM, ROOT, Town


def run(command: click.Group, *arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def every_command(group: click.Group, *names: str) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [names]
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            found += every_command(command, *names, name)
        else:
            found.append((*names, name))
    return found


@pytest.mark.parametrize("command", [server, desk, kiosk], ids=["server", "desk", "kiosk"])
def test_every_help_has_an_example_of_a_command_that_there_is(command: click.Group) -> None:
    known = every_command(command)
    for names in known:
        text = run(command, *names, "--help").output
        lines = [line.split() for line in text.splitlines() if line.startswith("    parvis-")]
        assert lines, names
        for program, *words in lines:
            if program == "parvis-verify":  # it stands alone
                continue
            assert any(tuple(words[: len(one)]) == one for one in known if one), words


@pytest.mark.parametrize("names", [("doctor",), ("devices",), ("revoke", "0123456789abcdef")])
def test_a_mistyped_directory_is_not_made_into_a_server(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    result = run(server, *names, "--data", tmp_path / "typo")
    assert result.exit_code == 1
    assert "no server's data" in result.output
    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize(
    "address",
    [
        "http://[::1",
        "http://host:99999",
        "http://a b",
        "https://user:pass@host",
        "https://host/?q",
        "https://host/#f",
        "ftp://host",
        "http://\x1b[2J",
        "",
    ],
)
def test_what_is_no_address_enrols_nobody(town: Town, address: str) -> None:
    result = run(server, "enrol", "--data", town.server_data, "--url", address)
    assert result.exit_code == 1
    assert "address of a server" in result.output
    assert "\x1b" not in result.output


def test_a_terminal_without_the_letters_still_shows_the_code(town: Town) -> None:
    code = "from sync.server.commands import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "enrol", "--data", town.server_data, "--url", "http://x"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1].startswith(b"http://x#")


def test_what_the_system_refuses_is_a_sentence() -> None:
    @click.group(cls=Refusing)
    def group() -> None: ...

    @group.command()
    def read() -> None:
        Path("/proc/1/nothing").read_bytes()

    result = run(group, "read")
    assert (result.exit_code, result.output) == (
        1,
        "/proc/1/nothing cannot be used: No such file or directory.\n",
    )


# nothing is overwritten but what Parvis wrote


def test_a_package_takes_no_forms_and_no_keys_place(town: Town, tmp_path: Path) -> None:
    form = tmp_path / "f.xml"
    form.write_text(FORM.format(version=1))
    for out in (form, town.keys.path / "recipient.key"):
        before = out.read_bytes()
        result = run(desk, "publish", form, "--keys", town.keys.path, "--out", out)
        assert result.exit_code == 1
        assert "left as it is" in result.output
        assert out.read_bytes() == before
    for _ in range(2):
        out = tmp_path / "c.parvis"
        words = ("publish", form, "--keys", town.keys.path, "--without-notice", "--out", out)
        assert run(desk, *words).exit_code == 0


def test_a_table_does_not_take_the_stores_place(town: Town, tmp_path: Path) -> None:
    with town.serving() as url, town.desk() as store:
        town.pull(url, store)
        path = store.path
    (tmp_path / "link").symlink_to(path)
    for out in (path, tmp_path / "link"):
        result = run(desk, "export", "--store", path, "--csv", out)
        assert result.exit_code == 1
        assert "is the store itself" in result.output
    assert path.read_bytes().startswith(b"SQLite format 3")
    for _ in range(2):
        assert run(desk, "export", "--store", path, "--csv", tmp_path / "o.csv").exit_code == 0
    assert (tmp_path / "o.csv").stat().st_mode & 0o777 == 0o600


def test_another_programs_database_is_not_made_a_store(town: Town, tmp_path: Path) -> None:
    with town.device():
        pass
    foreign = tmp_path / "foreign.sqlite"
    with closing(sqlite3.connect(foreign)) as database:
        database.execute("CREATE TABLE x (y)")
    (tmp_path / "text").write_text("hello" * 100)
    for path in (foreign, town.root / "mairie" / "outbox.sqlite", tmp_path / "text"):
        path.chmod(0o640)
        before = path.read_bytes()
        result = run(desk, "pull", "--from", tmp_path, "--keys", town.keys.path, "--store", path)
        assert result.exit_code == 1
        assert "something else" in result.output
        assert (path.read_bytes(), path.stat().st_mode & 0o777) == (before, 0o640)


# publishing


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("minutes=-5", "from 0 to 1000"),
        ("idle_seconds=0", "from 10 to 3600"),
        ("idle_seconds=soon", "from 10 to 3600"),
        ("modes=", "assisted"),
        ("modes=flying", "assisted"),
        ("padding=none", "padme"),
        ("traceability=some", "inclusion"),
    ],
)
def test_an_option_that_cannot_be_says_what_may(
    town: Town, tmp_path: Path, option: str, says: str
) -> None:
    form = tmp_path / "f.xml"
    form.write_text(FORM.format(version=1))
    arguments = ("publish", form, "--keys", town.keys.path, "--out", tmp_path / "c.parvis")
    result = run(desk, *arguments, "--option", option)
    assert result.exit_code == 1
    assert says in result.output
    # Nothing of it is kept beside the keys, where it would spoil every pull.
    assert run(desk, *arguments, "--without-notice").exit_code == 0


def test_a_damaged_copy_beside_the_keys_is_named(town: Town, tmp_path: Path) -> None:
    (town.keys.path / "published").mkdir()
    (town.keys.path / "published" / "x.parvis").write_bytes(b"hello")
    result = run(
        desk, "pull", "--from", tmp_path, "--keys", town.keys.path, "--store", tmp_path / "s"
    )
    assert result.exit_code == 1
    assert "published/x.parvis cannot be read" in result.output


def test_keys_that_others_may_read_are_told_of(town: Town, tmp_path: Path) -> None:
    (town.keys.path / "recipient.key").chmod(0o644)
    result = run(
        desk, "pull", "--from", tmp_path, "--keys", town.keys.path, "--store", tmp_path / "s"
    )
    assert result.exit_code == 0
    assert "chmod 600" in result.output


def test_two_desks_at_once_are_told_apart(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    with town.serving() as url, town.desk() as store:
        town.pull(url, store)
        store._db.execute("BEGIN IMMEDIATE")
        connect = sqlite3.connect
        monkeypatch.setattr(
            sqlite3, "connect", lambda *given, **more: connect(*given, **more, timeout=0.1)
        )
        result = run(desk, "pull", "--server", url, "--keys", town.keys.path, "--store", store.path)
    assert result.exit_code == 1
    assert "Another parvis-desk is at work" in result.output
