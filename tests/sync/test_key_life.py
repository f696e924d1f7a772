"""A consultation's recipient keys, one after the other: renewed, and destroyed with a record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sync import verify
from sync.client.https import sync_once
from sync.desk.commands import main
from sync.desk.publish import Publication, publish
from sync.errors import BadKey
from sync.key_directory import KeyDirectory
from sync.keys import Suite, grouped_digits
from tests.sync.town import Town, ideas


def run(*arguments: str | Path, typed: str = "") -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=typed)


def next_version(town: Town) -> None:
    """The organiser renews the key, and publishes a version that is sealed to the new one."""
    town.keys = town.keys.renew()
    town.consultation = town.publication(town.consultation.version + 1)
    with town.service() as service:
        service.publish(town.consultation.data)


def pulled(town: Town, url: str, store: Path) -> Result:
    return run("pull", "--server", url, "--keys", town.keys.path, "--store", store)


def test_what_was_sealed_to_the_former_key_opens_beside_what_is_sealed_to_the_new_one(
    town: Town,
) -> None:
    store = town.root / "desk.sqlite"
    before = town.keys.public
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "avant")
        next_version(town)
        assert sync_once(device).complete
        town.confirm(device, "après")
        assert sync_once(device).complete
        done = pulled(town, url, store)
        assert done.exit_code == 0, done.output
        assert "2 contributions opened from 2 batches, 0 duplicates, 2 in" in done.output
    assert town.keys.public.key != before.key
    with town.desk() as desk:
        assert ideas(desk, town.consultation.id) == ["après", "avant"]
        assert desk.opened_with(before.id.hex()) == {town.consultation.id: 1}
        assert desk.opened_with(town.keys.public.id.hex()) == {town.consultation.id: 1}


def test_renewing_survives_a_power_cut_at_every_step(tmp_path: Path) -> None:
    """`renew` writes the next key, then `open` moves files: each may be the last thing done."""
    made = KeyDirectory.create(tmp_path / "whole", suite=Suite.X25519, label="Ville")
    former = made.recipient
    renewed = made.renew()
    assert renewed.held[1] == former
    fresh = renewed.recipient

    def written(*moves: tuple[str, str]) -> Path:
        path = tmp_path / f"cut-{len(moves)}"
        path.mkdir()
        for name in ("organiser.key", "organiser.pub"):
            (path / name).write_bytes((made.path / name).read_bytes())
        (path / "former").mkdir()
        ours = {
            "recipient.key": made.path / "former" / f"{former.public.id.hex()}.key",
            "recipient.pub": made.path / "former" / f"{former.public.id.hex()}.pub",
            "next.key": made.path / "recipient.key",
            "next.pub": made.path / "recipient.pub",
        }
        for name, source in ours.items():
            (path / name).write_bytes(source.read_bytes())
        for old, new in moves:
            (path / old).rename(path / new)
        return path

    id_ = former.public.id.hex()
    moves = [
        ("recipient.key", f"former/{id_}.key"),
        ("recipient.pub", f"former/{id_}.pub"),
        ("next.key", "recipient.key"),
        ("next.pub", "recipient.pub"),
    ]
    for count in range(len(moves) + 1):
        opened = KeyDirectory.open(written(*moves[:count]))
        assert opened.held == (fresh, former)
        assert opened.public == fresh.public


def test_a_destroyed_key_opens_nothing_and_the_record_proves_itself(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    store, record = town.root / "desk.sqlite", town.root / "destroyed.json"
    before = town.keys.recipient
    with town.serving() as url, town.device(url=url) as device, town.device("autre", url) as late:
        town.confirm(device, "ouvert à temps")
        assert sync_once(device).complete
        town.confirm(late, "venu trop tard", "lui aussi")  # sealed to the key that will be gone
        next_version(town)
        assert pulled(town, url, store).exit_code == 0

        asked = ("keys", "destroy", before.public.id.hex(), "--keys", town.keys.path, "--store",
                 store, "--reason", "Fin de la période", "--out", record)  # fmt: skip
        refused = run(*asked, typed="n\n")
        assert refused.exit_code == 1
        assert "1 contribution opened with it" in refused.output
        assert KeyDirectory.open(town.keys.path).held[1] == before
        done = run(*asked, "--yes")
        assert done.exit_code == 0, done.output
        assert run(*asked, "--yes").exit_code == 1  # once only

        assert sync_once(late).complete
        for _ in range(2):  # said again at every pull, and never tried again
            result = pulled(town, url, store)
            assert result.exit_code == 0
            number = grouped_digits(before.public.id)
            assert result.output.count(f"sealed to the key {number}, which was destroyed on") == 2
            assert "it can be opened no more, by anybody" in result.output
            assert "2 key destroyed" in result.output
        with town.desk() as desk:
            assert desk.unopened() == 0
            assert ideas(desk, town.consultation.id) == ["ouvert à temps"]

    for held in town.keys.path.rglob("*"):
        assert not held.is_file() or before.seed.hex().encode() not in held.read_bytes()
    assert f"destroyed on {KeyDirectory.open(town.keys.path).destroyed[0].at:%Y-%m-%d}" in (
        run("keys", "list", "--keys", town.keys.path).output
    )

    def verified(path: Path, consultation: str) -> tuple[int, str]:
        capsys.readouterr()
        status = verify.main(["destroyed", str(path), "--consultation", consultation])
        said = capsys.readouterr()
        return status, said.out + said.err

    status, said = verified(record, town.consultation.id)
    assert status == 0
    assert "1 contributions had been opened with it" in said
    assert "Fin de la période" in said
    assert verified(record, "0" * 16)[0] == 1
    document = json.loads(record.read_text())
    document["said"] = document["said"].replace('"opened":1', '"opened":9')
    record.write_text(json.dumps(document))
    assert verified(record, town.consultation.id) == (
        1, "It does not hold. The record is not what the organiser signed.\n",
    )  # fmt: skip
    other = Town(town.root / "other")
    theirs = KeyDirectory.open(town.keys.path).destroyed[0].sign(other.keys.organiser)
    record.write_bytes(theirs)
    assert "another than this consultation's organiser" in verified(record, town.consultation.id)[1]
    record.write_text("{}")
    assert verified(record, town.consultation.id)[0] == 2


def test_nothing_is_published_for_a_present_key_that_was_destroyed(town: Town) -> None:
    town.root.joinpath("f.xml").write_bytes(town.consultation.form)
    store = town.root / "desk.sqlite"
    with town.desk() as desk:
        desk.know(town.consultation)
    done = run("keys", "destroy", town.keys.public.id.hex(), "--keys", town.keys.path, "--store",
               store, "--reason", "Fin", "--yes")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "It is the present key" in done.output
    with pytest.raises(BadKey, match="keys renew"):
        publish(str(town.root / "f.xml"), KeyDirectory.open(town.keys.path))
    assert run("keys", "renew", "--keys", town.keys.path).exit_code == 0
    said = Publication(without_notice=True)
    published, _ = publish(str(town.root / "f.xml"), KeyDirectory.open(town.keys.path), said=said)
    assert published.recipients[0].key != town.keys.public.key


def test_a_key_that_is_not_there_is_named_with_those_that_are(town: Town) -> None:
    result = run("keys", "split", "--keys", town.keys.path, "--key", "12345", "--of", "2",
                 "--needed", "2", "--out", town.root / "cards")  # fmt: skip
    assert result.exit_code == 1
    assert grouped_digits(town.keys.public.id) in result.output
