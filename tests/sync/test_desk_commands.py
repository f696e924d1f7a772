"""`parvis-desk`, from new keys to the table, as other tools call it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forms.starting import start_from
from sync import consultation as packages
from sync.client.https import sync_once
from sync.contribution import Contribution, Mode
from sync.desk.commands import main
from tests.sync.town import FORM, Town


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_from_new_keys_to_the_table(town: Town, tmp_path: Path) -> None:
    keys, package, store, out = (
        tmp_path / name for name in ("newkeys", "c.parvis", "s.sqlite", "out.csv")
    )
    assert run("keys", "new", "--out", keys, "--label", "Ville").exit_code == 0
    published = run(
        "publish", "democratie-courte", "--keys", keys, "--out", package, "--option", "minutes=7"
    )
    assert published.exit_code == 0, published.output
    id_ = published.output.splitlines()[-1]
    with town.service() as service:
        consultation = service.publish(package.read_bytes())
    assert (consultation.id, consultation.options.minutes) == (id_, 7)
    assert consultation.notice["fr"].kept

    with town.serving() as url, town.device(url=url) as device:
        held = device.consultation(id_)
        fields = (("/democratie-courte/x", "passage des Tilleuls"),)
        said = Contribution(
            held.form_id, held.form_version, held.form_hash, Mode.SELF, "fr", fields
        )
        device.confirm(id_, said)
        assert sync_once(device).complete
        pulled = run("pull", "--server", url, "--keys", keys, "--store", store)
    assert pulled.exit_code == 0, pulled.output
    assert pulled.output.splitlines()[-1].startswith("1 contribution opened from 1 batch,")
    exported = run("export", "--store", store, "--csv", out)
    assert exported.exit_code == 0, exported.output
    with out.open(encoding="utf-8-sig", newline="") as file:
        [row] = csv.DictReader(file)
    assert row["mode"] == "self"
    assert "passage des Tilleuls" in row.values()
    assert "confiance" in row


def test_a_consultation_to_adapt_is_published_with_the_notice_that_lies_beside_it(
    tmp_path: Path,
) -> None:
    keys, package = tmp_path / "keys", tmp_path / "c.parvis"
    form, notice = start_from("budget", tmp_path / "ours.xlsx")
    run("keys", "new", "--out", keys)
    published = run("publish", form, "--keys", keys, "--out", package)
    assert published.exit_code == 0, published.output
    told = packages.read(package.read_bytes()).notice
    assert told["fr"].why == json.loads(notice.read_text(encoding="utf-8"))["why"]["fr"]


def test_every_publication_has_a_higher_version_unless_one_is_given(tmp_path: Path) -> None:
    keys, form, out = tmp_path / "keys", tmp_path / "f.xml", tmp_path / "c.parvis"
    form.write_text(FORM.format(version=1))
    run("keys", "new", "--out", keys)
    versions = []
    for more in ((), (), ("--version", "9"), ()):
        result = run("publish", form, "--keys", keys, "--out", out, "--title", "La place", *more)
        assert result.exit_code == 0, result.output
        versions.append(int(result.output.split("version ")[1].split(",")[0]))
    assert versions == [1, 2, 9, 10]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("publish", "nonsense.xlsx", "--keys", "KEYS", "--out", "x"), "no file nonsense.xlsx"),
        (("publish", "nonsense", "--keys", "KEYS", "--out", "x"), "catalogue"),
        (("publish", "democratie", "--keys", "nowhere", "--out", "x"), "cannot be read"),
        (("publish", "F", "--keys", "KEYS", "--out", "x", "--option", "a=b"), "no option “a”"),
        (("publish", "F", "--keys", "KEYS", "--out", "/proc/x/y"), "cannot be written"),
        (("keys", "new", "--out", "KEYS"), "not empty"),
        (("pull", "--server", "x", "--keys", "KEYS", "--store", "S"), "address of a server"),
        (
            ("pull", "--server", "http://127.0.0.1:9", "--keys", "KEYS", "--store", "S"),
            "cannot be reached",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_1(
    town: Town, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    (tmp_path / "f.xml").write_text(FORM.format(version=1))
    places = {"KEYS": town.keys.path, "S": tmp_path / "s.sqlite", "F": tmp_path / "f.xml"}
    result = run(*(places.get(argument, argument) for argument in arguments))
    assert result.exit_code == 1
    assert says in result.output
    assert len(result.output.strip().splitlines()) == 1
