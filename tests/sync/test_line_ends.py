"""Lines end at a line feed, and nowhere else, whatever an answer holds."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from forms.engine import Entry
from forms.xform import read_form
from kiosk.carrying import mounted
from sync.answers import Theme
from sync.client.https import sync_once
from sync.contribution import Contribution, Mode
from sync.desk import commands
from sync.desk.answers import read_published, read_sorted
from sync.desk.export import unprotected
from sync.verify import main as verify
from tests.forms.writing import calculated
from tests.sync.town import FORM, OpenTown

ENDS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
OTHERS = "\x00\ufeff\u200b\u00a0\u202e\ufffe\x1a\x7f"


def run(*arguments: object) -> None:
    done = CliRunner().invoke(commands.main, [str(one) for one in arguments])
    assert done.exit_code == 0, done.output


def test_whatever_stands_in_an_answer_published_data_hold_and_rows_are_json(
    tmp_path: Path,
) -> None:
    town = OpenTown(tmp_path)
    answers = [f"a{one}b" for one in ENDS + OTHERS]
    answers += [f"{one}" for one in ENDS.strip("\n")] + ["\r\n" * 3 + "=1+1", ENDS + OTHERS]
    answers.append("x" * 200_000)  # longer than what the csv module takes by itself
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        held = device.consultation(town.consultation.id)
        for answer in answers:
            said = Contribution(
                "place", "1", held.form_hash, Mode.SELF, "fr", (("/data/idea", answer),)
            )
            device.confirm(held.id, said)
        town.registered(device)
        assert sync_once(device).left == 0
        town.pull(url, desk)
        kept = {one.id: dict(one.fields)["/data/idea"] for one in desk.contributions(held.id)}
        assert sorted(kept.values()) == sorted(answers)
    with town.service() as service:
        key = service.registers.key(held.id)
    register, out = town.server_data / "register" / held.id, tmp_path / "open.jsonl"
    store = ("--store", tmp_path / "desk.sqlite")
    run("open-data", *store, "--out", out)
    assert verify(["data", str(register), "--key", key, str(out)]) == 0
    lines = out.read_bytes().removesuffix(b"\n").split(b"\n")
    published = {json.loads(line)["leaves"][3][1] for line in lines}
    assert published == set(answers)
    out.write_bytes(b"\xef\xbb\xbf" + out.read_bytes().replace(b"\n", b"\r\n"))  # an editor's
    assert verify(["data", str(register), "--key", key, str(out)]) == 0
    found = read_published(out, held.id)
    assert set(found) == set(kept)
    # The table gives every text back, and takes its themes.
    table = tmp_path / "table.csv"
    run("export", *store, "--csv", table)
    usual = csv.field_size_limit(1 << 20)
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    csv.field_size_limit(usual)
    assert {row["id"]: unprotected(row["idea"]) for row in rows} == kept
    with table.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "theme"])
        writer.writeheader()
        writer.writerows({**row, "theme": "x"} for row in rows)
    states = read_sorted(table, {"x": Theme({"fr": "X"})}, kept)
    assert set(states) == set(kept)


def test_words_are_parted_by_what_xpath_calls_white_space() -> None:
    assert calculated("normalize-space('  a\u00a0b \t c\u2028d ')") == "a\u00a0b c\u2028d"
    assert calculated("count-selected('a\u00a0b c')", "int") == "2"


def test_a_control_character_that_a_scanner_sends_loses_nothing_else() -> None:
    entry = Entry(read_form(FORM.format(version=1).encode()))
    entry.answer("/data/idea", "]C1\x1d0104012345\u2028\x00x")
    assert dict(entry.finish().fields)["/data/idea"] == "]C10104012345\u2028x"


@pytest.mark.parametrize("name", ["CLÉ USB", "CLÉ\u00a0USB", "a\u2028b", "x\x85y", "tab\tx"])
def test_a_stick_is_found_whatever_it_is_called(name: str, tmp_path: Path) -> None:
    escaped = name.replace(" ", "\\040").replace("\t", "\\011")
    table = tmp_path / "mounts"
    table.write_bytes(f"proc /proc proc rw 0 0\n/dev/sdb1 /media/{escaped} vfat rw 0 0\n".encode())
    assert mounted(table) == (Path(f"/media/{name}"),)
