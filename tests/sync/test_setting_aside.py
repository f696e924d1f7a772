"""What was counted twice is set aside at the desk, for a reason, and can be brought back."""

import csv
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sync.client.https import sync_once
from sync.contribution import Contribution, Mode
from sync.desk.commands import main
from sync.receipt import receipt_code
from tests.sync.town import OpenTown, Town

LONG = "Des bancs à l'ombre des tilleuls"


class Desk:
    """A desk whose store holds five from paper, two of them the same, in a folder of its own."""

    def __init__(self, town: Town, folder: Path) -> None:
        self.town = town
        self.folder = folder
        self.store = folder / "desk.sqlite"
        with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
            held = device.consultation(town.consultation.id)
            said = ["un banc", "un banc", LONG, LONG, "une fontaine"]
            self.codes = []
            for idea in said:
                paper = Contribution(
                    "place", "1", held.form_hash, Mode.PAPER, "fr", (("/data/idea", idea),)
                )
                self.codes.append(device.confirm(held.id, paper).code)
            assert sync_once(device).complete
            town.pull(url, desk)
            self.store = desk.path

    def run(self, command: str, *words: str | Path) -> Result:
        given = [command, *map(str, words), "--store", str(self.store)]
        return CliRunner().invoke(main, given)

    def table(self) -> tuple[list[str], str]:
        """The ideas in a table made now, and what the command said of it."""
        path = self.folder / "table.csv"
        done = self.run("export", "--csv", path)
        assert done.exit_code == 0, done.output
        with path.open(encoding="utf-8-sig", newline="") as file:
            return sorted(row["idea"] for row in csv.DictReader(file)), done.output

    def pulled(self) -> str:
        """The last line of one more pull."""
        with self.town.serving() as url:
            keys = self.town.root / "keys"
            done = self.run("pull", "--server", url, "--keys", keys)
        assert done.exit_code == 0, done.output
        return done.output


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(OpenTown(tmp_path / "town"), tmp_path)


def test_what_was_set_aside_is_in_no_table_and_every_command_says_so(desk: Desk) -> None:
    assert len(desk.table()[0]) == 5
    done = desk.run("set-aside", desk.codes[2], desk.codes[0], "--reason", "feuille 57 deux fois")
    assert (done.exit_code, done.output.splitlines()[0]) == (
        0,
        "2 contributions set aside: kept, and not counted.",
    )
    assert "make it anew" in done.output
    ideas, said = desk.table()
    assert ideas == sorted(["un banc", "une fontaine", LONG])
    assert "2 contributions set aside, and not in it" in said
    out = desk.folder / "open.jsonl"
    published = desk.run("open-data", "--out", out)
    assert "2 contributions set aside" in published.output
    assert "holds 3 contributions" in published.output
    assert sum(b"/data/idea" in line for line in out.read_bytes().split(b"\n")) == 3
    assert desk.run("check").exit_code == 0


def test_it_is_brought_back_and_both_stand_in_the_log(desk: Desk) -> None:
    desk.run("set-aside", desk.codes[0], "--reason", "deux fois")
    done = desk.run("bring-back", desk.codes[0], "--reason", "deux personnes, après tout")
    assert done.output.splitlines()[0] == "1 contribution brought back: counted again."
    assert len(desk.table()[0]) == 5
    log = desk.run("set-aside", "--list").output.splitlines()
    assert [line.partition("  ")[2].partition("  ")[0] for line in log[:2]] == [desk.codes[0]] * 2
    assert log[0].endswith(": deux fois")
    assert log[1].endswith(": deux personnes, après tout")
    assert log[2] == "0 contributions set aside now."


def test_all_but_one_of_those_that_say_the_same_are_set_aside_at_once(desk: Desk) -> None:
    done = desk.run("set-aside", "--repeated", "--reason", "sheets.csv deux fois")
    assert done.output.splitlines()[0].startswith("1 contribution set aside")
    assert desk.table()[0].count(LONG) == 1
    assert desk.table()[0].count("un banc") == 2  # two people may well write that
    again = desk.run("set-aside", "--repeated", "--reason", "encore")
    assert (again.exit_code, "set aside already" in again.output) == (1, True)
    assert len(desk.run("set-aside", "--list").output.splitlines()) == 2


def test_a_pull_names_no_repetition_any_more_and_says_how_many_are_aside(
    desk: Desk, town: Town
) -> None:
    before = desk.pulled()
    assert "set-aside --repeated" in before
    assert desk.codes[2] in before
    desk.run("set-aside", desk.codes[3], "--reason", "deux fois")
    after = desk.pulled()
    assert "exactly the same" not in after
    assert "5 in the store (1 set aside)" in after


def test_ids_of_a_table_do_as_well_as_codes(desk: Desk) -> None:
    desk.table()
    path = desk.folder / "twice.csv"
    with (desk.folder / "table.csv").open(encoding="utf-8-sig", newline="") as file:
        ids = [row["id"] for row in csv.DictReader(file)]
    path.write_text('"id","idea"\n' + "".join(f'"{one}","x"\n' for one in ids[:2]), "utf-8-sig")
    done = desk.run("set-aside", "--from", path, "--reason", "deux fois")
    assert "2 contributions set aside" in done.output
    done = desk.run("set-aside", receipt_code(bytes.fromhex(ids[0])), "--reason", "encore")
    assert "0 contributions set aside" in done.output


@pytest.mark.parametrize(
    "named, told",
    [("7QJ2-M4KX-9D3T", "code"), ("0" * 32, "nothing was changed"), ("", "Say which")],
)
def test_what_is_not_there_changes_nothing(desk: Desk, named: str, told: str) -> None:
    words = (desk.codes[0], named) if named else ()
    done = desk.run("set-aside", *words, "--reason", "x")
    assert done.exit_code != 0
    assert told in done.output
    assert len(desk.table()[0]) == 5


def test_without_a_reason_nothing_is_set_aside(desk: Desk) -> None:
    done = desk.run("set-aside", desk.codes[0], "--reason", "  ")
    assert (done.exit_code, "--reason" in done.output) == (2, True)
    assert len(desk.table()[0]) == 5


def test_a_store_of_before_can_set_aside_as_well(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.store)) as older:
        older.executescript(
            "DROP TABLE set_aside; DROP TABLE set_aside_log;"
            "ALTER TABLE contributions DROP COLUMN provenance; PRAGMA user_version=4"
        )
    assert desk.run("set-aside", desk.codes[0], "--reason", "x").exit_code == 0
    assert len(desk.table()[0]) == 4
