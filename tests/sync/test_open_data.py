"""Open data, from the kiosk to a stranger with `parvis-verify`, under each promise."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from sync import consultation as packages
from sync import verify
from sync.attachment import Attached, Attachment
from sync.client.https import sync_once
from sync.consultation import Traceability
from sync.contribution import Contribution, Mode
from sync.desk import commands
from sync.desk.erasing import erase, meant_by
from sync.desk.open_data import NoCheckpoint, _Proved, publish_data
from sync.device import Device
from sync.key_directory import KeyDirectory
from sync.keys import Suite
from sync.promise import ENOUGH
from sync.receipt import Receipt, receipt_code
from sync.register.entry import Reason
from tests.sync.town import Town

NONE, INCLUSION, FULL = Traceability.NONE, Traceability.INCLUSION, Traceability.FULL

TIMED = b"""<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
 xmlns:jr="http://openrosa.org/javarosa">
<h:head><h:title>La place</h:title><model><instance>
<data id="place" version="2"><start/><end/><today/><who/><idea/><hour/><spent/><age/><felt/>
<meta><instanceID/></meta></data></instance>
<bind nodeset="/data/start" type="dateTime" jr:preload="timestamp" jr:preloadParams="start"/>
<bind nodeset="/data/end" type="dateTime" jr:preload="timestamp" jr:preloadParams="end"/>
<bind nodeset="/data/today" type="date" jr:preload="date" jr:preloadParams="today"/>
<bind nodeset="/data/who" jr:preload="property" jr:preloadParams="deviceid"/>
<bind nodeset="/data/idea" type="string"/>
<bind nodeset="/data/hour" calculate="format-date-time(now(), '%H:%M')"/>
<bind nodeset="/data/spent"
 calculate="decimal-date-time(/data/end) - decimal-date-time(/data/start)"/>
<bind nodeset="/data/age"
 calculate="int((today() - date('1980-05-04')) div 365.25) + string-length(/data/idea)"/>
<bind nodeset="/data/felt" type="dateTime"/></model></h:head>
<h:body><input ref="/data/idea"><label>Votre id&#233;e</label></input>
<input ref="/data/felt"><label>Quand ?</label></input></h:body></h:html>"""


@dataclass
class Asked:
    """A consultation under a promise, its server running, and a kiosk."""

    town: Town
    url: str
    device: Device

    @property
    def id(self) -> str:
        return self.town.consultation.id

    def say(self, *fields: Sequence[tuple[str, str]]) -> list[Receipt]:
        """People say something, and the desk pulls it."""
        held = self.device.consultation(self.id)
        form = (held.form_id, held.form_version, held.form_hash)
        receipts = [
            self.device.confirm(held.id, Contribution(*form, Mode.SELF, "fr", tuple(one)))
            for one in fields
        ]
        self.town.registered(self.device)
        with self.town.desk() as store:
            self.town.pull(self.url, store)
        return receipts

    def ideas(self, *ideas: str) -> list[Receipt]:
        return self.say(*([("/data/idea", one)] for one in ideas))

    @property
    def out(self) -> Path:
        return self.town.root / "open.jsonl"

    def publish(self, *more: str, signed: bool = True) -> Result:
        keys = ("--keys", str(self.town.root / "keys")) if signed else ()
        return self.desk("open-data", "--out", str(self.out), *keys, *more)

    def desk(self, *words: str) -> Result:
        store = ("--store", str(self.town.root / "desk.sqlite"))
        return CliRunner().invoke(commands.main, [*words, *store])

    def lines(self) -> list[dict[str, str]]:
        """What the open data say, a line each."""
        return [dict(json.loads(line)["fields"]) for line in self.out.read_text().splitlines()]

    def verify(self, *more: str | Path) -> int:
        register = self.town.server_data / "register" / self.id
        with self.town.service() as service:
            key = service.registers.key(self.id)
        return verify.main(["data", str(register), "--key", key, *map(str, more or [self.out])])

    def forget(self, receipt: Receipt) -> None:
        with self.town.desk() as store:
            meant = meant_by(store, receipt.code)
            erase(store, meant, Reason.ASKED, self.town.keys.organiser, date(2026, 12, 1))
            self.town.pull(self.url, store)


@contextmanager
def asked(
    root: Path, promised: Traceability, form: bytes = b"", guarantor: KeyDirectory | None = None
) -> Iterator[Asked]:
    town = Town(root, published=False)
    draft = town.publication(version=2)
    draft = replace(
        draft, options=replace(draft.options, traceability=promised), form=form or draft.form
    )
    if guarantor is not None:
        reader = guarantor.organiser.public_key().public_bytes_raw()
        draft = replace(draft, recipients=(*draft.recipients, guarantor.public), readers=(reader,))
    town.consultation = packages.publish(replace(draft, data=b""), town.keys.organiser)
    with town.service() as service:
        service.publish(town.consultation.data)
    with town.serving() as url, town.device("mairie", url) as device:
        yield Asked(town, url, device)


def many(count: int, first: int = 0) -> list[str]:
    return [f"idée {place}" for place in range(first, first + count)]


@pytest.mark.parametrize("promised", [NONE, INCLUSION])
def test_a_stranger_checks_the_set_and_no_line_leads_to_a_receipt(
    tmp_path: Path, promised: Traceability, capsys: pytest.CaptureFixture[str]
) -> None:
    with asked(tmp_path, promised) as here:
        receipts = here.say(*([("/data/idea", one)] for one in many(20)), [])
        here.forget(receipts[3])
        with here.town.desk() as store:
            known = list(store.contributions(here.id))
            store.aside.put(here.id, [receipts[5].id.hex()], "deux fois", date(2026, 12, 1))
        done = here.publish()
        assert done.exit_code == 0, done.output
        assert here.verify() == 0
        told = capsys.readouterr().out
        assert (
            "Of 21 contributions in the register: 18 published, 1 without an answer, 1 erased, "
            in told
        )
        assert "1 set aside" in told
        assert "attested by the organiser alone" in told
        assert sorted(one["/data/idea"] for one in here.lines()) == sorted(
            idea for place, idea in enumerate(many(20)) if place not in (3, 5)
        )
        whole = here.out.read_text() + (tmp_path / "open.manifest.json").read_text()
        for one in known:
            for secret in (one.id, one.commitment, one.seed, one.batch, one.device):
                assert secret not in whole
        for receipt in receipts:
            assert receipt.code not in whole
        assert "leaves" not in whole
        # A line's place and id are drawn anew each time, and lead from no file to the next.
        before = here.out.read_text().splitlines()
        assert here.publish().exit_code == 0
        after = here.out.read_text().splitlines()
        ids = [[json.loads(line)["line"] for line in lines] for lines in (before, after)]
        assert not set(ids[0]) & set(ids[1])
        assert [sorted(one) for one in ids] == ids
        ideas = [[json.loads(line)["fields"] for line in lines] for lines in (before, after)]
        assert ideas[0] != ideas[1]
        assert sorted(ideas[0]) == sorted(ideas[1])


def test_under_full_each_line_proves_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with asked(tmp_path, FULL) as here:
        here.ideas("un banc", "un arbre")
        assert here.publish().exit_code == 0
        assert not (tmp_path / "open.manifest.json").exists()
        assert here.verify() == 0
        assert "All 2 published contributions are in the register" in capsys.readouterr().out
        here.out.write_text(here.out.read_text().replace("un banc", "un bunc"))
        assert here.verify() == 1


def test_whatever_is_changed_in_set_or_manifest_is_refuted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with asked(tmp_path, INCLUSION) as here:
        here.ideas(*many(12))
        unsigned = here.publish(signed=False)
        assert "nobody has signed it yet" in unsigned.output
        assert here.verify() == 1
        assert "The organiser has not signed" in capsys.readouterr().err
        done = here.desk("attest", str(here.out), "--keys", str(tmp_path / "keys"))
        assert done.exit_code == 0, done.output
        assert here.verify() == 0
        whole, beside = here.out.read_bytes(), tmp_path / "open.manifest.json"
        lines, manifest = whole.splitlines(keepends=True), beside.read_bytes()
        for wrong in (
            b"".join(lines[1:]),
            b"".join([*lines, lines[0]]),
            b"".join(reversed(lines)),
            whole.replace("idée 3".encode(), "idée 4".encode()),
            whole + b"{}\n",
        ):
            here.out.write_bytes(wrong)
            assert here.verify() == 1
        here.out.write_bytes(whole)
        for old, new in (
            (b'\\"published\\":12', b'\\"published\\":11'),
            (b'\\"blank\\":0', b'\\"blank\\":1'),
            (b'\\"unsealed\\":0', b'\\"unsealed\\":1'),
            (b'\\"form\\":\\"place\\"', b'\\"form\\":\\"plaza\\"'),
        ):
            assert old in manifest
            beside.write_bytes(manifest.replace(old, new))
            assert here.verify() == 1
        beside.unlink()
        assert here.verify() == 2
        assert "have a manifest beside them" in capsys.readouterr().err
        moved = tmp_path / "elsewhere.json"
        moved.write_bytes(manifest)
        assert here.verify(here.out, "--manifest", moved) == 0


def test_a_further_recipient_signs_for_what_was_sealed_to_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = KeyDirectory.create(tmp_path / "mine", label="Garant", suite=Suite.X25519)
    with asked(tmp_path, INCLUSION, guarantor=mine) as here:
        here.ideas(*many(13))
        # The next version is sealed to the organiser alone, and the guarantor may still fetch.
        later = replace(here.town.consultation, version=3, data=b"")
        later = replace(later, recipients=(here.town.keys.recipient.public,))
        here.town.consultation = packages.publish(later, here.town.keys.organiser)
        with here.town.service() as service:
            service.publish(here.town.consultation.data)
        sync_once(here.device)
        here.ideas(*many(4, 13))
        assert here.publish().exit_code == 0
        assert here.verify() == 0
        told = capsys.readouterr().out
        assert "attested by the organiser alone. 1 more recipients have not signed." in told

        own = ("--keys", str(tmp_path / "mine"), "--store", str(tmp_path / "mine.sqlite"))
        pulled = CliRunner().invoke(commands.main, ["pull", "--server", here.url, *own])
        assert "13 contributions opened" in pulled.output, pulled.output
        signs = ["attest", str(here.out), *own]
        done = CliRunner().invoke(commands.main, signs)
        assert done.exit_code == 0, done.output
        assert here.verify() == 0
        told = capsys.readouterr().out
        assert "attested by the organiser and “Garant”" in told
        assert "13 were sealed to it, 4 were not" in told

        # What an organiser leaves out, or makes up, no other recipient signs.
        manifest = json.loads((tmp_path / "open.manifest.json").read_text())
        for lines, why in (
            ([{"/data/idea": "une fontaine"}] * 5, "say what nobody said"),
            ([], "are not in it"),
        ):
            kept = here.out.read_text().splitlines() if lines else []
            forged = [*kept, *(json.dumps({"line": f"{at}", "fields": list(one.items())})
                      for at, one in enumerate(lines))]  # fmt: skip
            text = "".join(f"{line}\n" for line in forged)
            cheat = tmp_path / "cheat.jsonl"
            cheat.write_text(text)
            said = json.loads(manifest["said"])
            said["data"] = hashlib.sha256(text.encode()).hexdigest()
            said["counts"]["published"] = len(forged)
            written = {"said": json.dumps(said), "attested": []}
            (tmp_path / "cheat.manifest.json").write_text(json.dumps(written))
            refused = CliRunner().invoke(commands.main, ["attest", str(cheat), *own])
            assert refused.exit_code == 1
            assert why in refused.output
        said = json.loads(manifest["said"])
        said["counts"]["entries"] += 1
        written = {"said": json.dumps(said), "attested": []}
        (tmp_path / "open.manifest.json").write_text(json.dumps(written))
        refused = CliRunner().invoke(commands.main, signs)
        assert refused.exit_code == 1
        assert "says of the register's entries is not so" in refused.output
        nobody = KeyDirectory.create(tmp_path / "nobody", label="Personne", suite=Suite.X25519)
        given = ["attest", str(here.out), "--keys", str(nobody.path), "--store"]
        refused = CliRunner().invoke(commands.main, [*given, str(tmp_path / "desk.sqlite")])
        assert refused.exit_code == 1
        assert "no further recipient with these keys" in refused.output


def test_no_two_publications_differ_by_few_lines(tmp_path: Path) -> None:
    with asked(tmp_path, INCLUSION) as here:
        few = many(ENOUGH - 1)
        here.ideas(*few)
        refused = here.publish()
        assert refused.exit_code == 1
        assert "10 contributions could be published, and fewer than 11 are not" in refused.output
        assert not here.out.exists()
        here.ideas(*many(2, 10))
        assert here.publish().exit_code == 0
        assert len(here.lines()) == 12
        here.ideas(*many(10, 12))
        waiting = here.publish()
        assert "10 contributions held back" in waiting.output
        assert len(here.lines()) == 12
        assert here.verify() == 0
        here.ideas(*many(1, 22))
        assert "held back" not in here.publish().output
        assert len(here.lines()) == 23


def test_what_was_erased_is_told_by_no_two_publications(tmp_path: Path) -> None:
    with asked(tmp_path, INCLUSION) as here:
        receipts = here.ideas(*many(40))
        assert here.publish().exit_code == 0
        published = [Counter(one["/data/idea"] for one in here.lines())]
        here.forget(receipts[0])
        here.forget(receipts[1])
        before = here.out.read_bytes()
        refused = here.publish()
        assert refused.exit_code == 1
        assert "2 contributions that stood in open data before would not stand" in refused.output
        assert "--leave-out-more" in refused.output
        assert here.out.read_bytes() == before
        assert here.publish("--leave-out-more").exit_code == 0
        assert here.verify() == 0
        published.append(Counter(one["/data/idea"] for one in here.lines()))
        assert published[1].total() == 29
        assert not published[1].keys() & {"idée 0", "idée 1"}
        # Who was left out with them never comes back: that would tell the two apart again.
        here.ideas(*many(11, 40))
        assert here.publish().exit_code == 0
        published.append(Counter(one["/data/idea"] for one in here.lines()))
        with here.town.desk() as store:
            ids = [one.id for one in store.contributions(here.id)][:12]
            store.aside.put(here.id, ids, "deux fois", date(2026, 12, 1))
        here.publish("--leave-out-more")
        published.append(Counter(one["/data/idea"] for one in here.lines()))
        with here.town.desk() as store:
            store.aside.bring_back(here.id, ids, "une fois", date(2026, 12, 1))
        here.publish("--leave-out-more")
        published.append(Counter(one["/data/idea"] for one in here.lines()))
        assert here.verify() == 0
        for one, other in product(published, repeat=2):
            assert not 0 < (one - other).total() < ENOUGH


def test_what_the_device_filled_in_is_a_day_at_most(tmp_path: Path) -> None:
    with asked(tmp_path, INCLUSION, TIMED) as here:
        here.say(
            *(timed(place, 1 if place < 12 else 2 if place < 24 else 3) for place in range(29))
        )
        done = here.publish("--yes")
        assert done.exit_code == 0, done.output
        lines, text = here.lines(), here.out.read_text()
        for told in ("09:3", "T09", "sd-card", "0.0021", "/data/who", "/data/hour", "/data/spent"):
            assert told not in text
        # What people answer about a time of their own, and what follows from it, is theirs.
        assert all(one["/data/felt"] == "2026-11-02T08:15:00.000+01:00" for one in lines)
        assert all("/data/age" in one for one in lines)
        days = Counter((one.get("/data/start"), one.get("/data/today")) for one in lines)
        # A day that few share, and what is left without one, points at nobody.
        assert days == {("2026-11-02", "2026-11-02"): 12, (None, None): 17}
        assert here.verify() == 0


def test_under_full_the_time_of_day_is_left_out_and_the_rest_still_proved(tmp_path: Path) -> None:
    with asked(tmp_path, FULL, TIMED) as here:
        here.say(*(timed(place, 1) for place in range(3)))
        done = here.publish()
        text = here.out.read_text()
        for told in ("09:3", "T09", "sd-card", "/data/start", "/data/hour", "/data/spent"):
            assert told not in text
        assert '"2026-11-01"' in text
        assert "/data/start" in done.output.rpartition("Left out:")[2]
        assert here.verify() == 0
        given = ["publish-answers", "--server", here.url, "--keys", str(tmp_path / "keys")]
        assert here.desk(*given, "--data", str(here.out)).exit_code == 0
        # What an older Parvis wrote shows the hour: no receipt is told it either.
        with here.town.desk() as store:
            old = _Proved(store, here.id, {"/data/idea", "/data/hour", "/data/today"}, ())
            here.out.write_bytes(b"".join(old.lines()))
        refused = here.desk(*given, "--data", str(here.out))
        assert refused.exit_code == 1
        assert "--data shows /data/hour, which tells the hour" in refused.output


def timed(place: int, day: int) -> list[tuple[str, str]]:
    """What a device writes in the form with times."""
    return [
        ("/data/start", f"2026-11-{day:02}T09:3{place % 10}:07.123+01:00"),
        ("/data/end", f"2026-11-{day:02}T09:3{place % 10}:57.123+01:00"),
        ("/data/today", f"2026-11-{day:02}"),
        ("/data/who", "sd-card-7"),
        ("/data/idea", f"idée {place}"),
        ("/data/hour", "09:31"),
        ("/data/spent", "0.0021"),
        ("/data/age", "46"),
        ("/data/felt", "2026-11-02T08:15:00.000+01:00"),
    ]


def test_tables_stand_in_one_order_that_is_not_that_of_arrival(tmp_path: Path) -> None:
    with asked(tmp_path, INCLUSION) as here:
        here.ideas(*many(30))
        tables = []
        for name in ("a.csv", "b.csv"):
            done = here.desk("export", "--csv", str(tmp_path / name))
            assert done.exit_code == 0
            assert "give it to those alone who sort it" in done.output
            with (tmp_path / name).open(encoding="utf-8-sig", newline="") as file:
                tables.append([(row["idea"], row["id"]) for row in csv.DictReader(file)])
        assert tables[0] == tables[1]
        came = {idea: place for place, idea in enumerate(many(30))}
        places = [came[idea] for idea, _ in tables[0]]
        assert sorted(places) == list(range(30))
        assert places != sorted(places)
        assert [id_ for _, id_ in tables[0]] == sorted(id_ for _, id_ in tables[0])


def test_a_theme_that_few_have_is_not_told_to_receipts_beside_open_data(tmp_path: Path) -> None:
    with asked(tmp_path, INCLUSION) as here:
        here.ideas(*many(30))
        themes, table = tmp_path / "themes.csv", tmp_path / "sorted.csv"
        themes.write_text("theme,title\nbancs,Des bancs\narbres,Des arbres\n", encoding="utf-8")
        with here.town.desk() as store:
            ids = [one.id for one in store.contributions(here.id)]
        rows = [f"{id_},{'arbres' if place < 3 else 'bancs'}" for place, id_ in enumerate(ids)]
        table.write_text("\n".join(["id,theme", *rows]), encoding="utf-8")
        given = ["publish-answers", "--server", here.url, "--keys", str(tmp_path / "keys")]
        given += ["--themes", str(themes), "--sorted", str(table)]
        assert here.desk(*given).exit_code == 0
        assert "Des arbres" in page(here, ids[0])
        refused = here.publish()
        assert refused.exit_code == 1
        assert "a theme that fewer than 11 contributions have" in refused.output
        again = here.desk(*given, "--beside-open-data", "--yes")
        assert again.exit_code == 0, again.output
        # The other theme goes untold, too: else to be told nothing would point at three.
        assert "30 contributions said to be read, and no more" in again.output
        for id_ in (ids[0], ids[9]):
            assert "Lue par l’organisateur" in page(here, id_)
            assert "Des arbres" not in page(here, id_)
            assert "Des bancs" not in page(here, id_)
        assert here.publish().exit_code == 0
        # From now on without being asked.
        assert "said to be read, and no more" in here.desk(*given, "--yes").output


def page(here: Asked, id_: str) -> str:
    code = receipt_code(bytes.fromhex(id_))
    return requests.get(f"{here.url}/r", params={"code": code, "lang": "fr"}).text


def test_what_an_older_parvis_published_is_still_checked(tmp_path: Path) -> None:
    """Lines with commitments under `inclusion`, as they were written before."""
    with asked(tmp_path, INCLUSION) as here:
        here.ideas(*many(3))
        with here.town.desk() as store:
            old = _Proved(store, here.id, {"/data/idea"}, ())
            here.out.write_bytes(b"".join(old.lines()))
        assert here.verify() == 0


def test_files_and_their_names_are_left_out(tmp_path: Path) -> None:
    with asked(tmp_path, INCLUSION) as here:
        held = here.device.consultation(here.id)
        form = (held.form_id, held.form_version, held.form_hash)
        for place in range(12):
            photo = Attachment(f"photo-093{place}.jpg", f"{place}".encode(), "image/jpeg")
            fields = (("/data/idea", f"idée {place}"), ("/data/budget", photo.name))
            said = Contribution(*form, Mode.SELF, "fr", fields, attachments=(Attached.of(photo),))
            here.device.confirm(held.id, said, [photo])
        here.say()
        assert here.publish().exit_code == 0
        assert "photo" not in here.out.read_text()
        assert {tuple(one) for one in here.lines()} == {("/data/idea",)}
        assert here.verify() == 0


def test_of_versions_that_promised_different_things_the_least_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with asked(tmp_path, INCLUSION) as here:
        here.ideas(*many(11))
        open_ = replace(here.town.consultation.options, traceability=FULL)
        later = replace(here.town.consultation, version=3, options=open_, data=b"")
        later = replace(later, form=later.form.replace(b"Votre", b"Une"))
        here.town.consultation = packages.publish(later, here.town.keys.organiser)
        with here.town.service() as service:
            service.publish(here.town.consultation.data)
        sync_once(here.device)
        here.ideas(*many(11, 11))
        assert here.publish().exit_code == 0
        assert "leaves" not in here.out.read_text()
        assert here.verify() == 0
        assert "22 published" in capsys.readouterr().out
        here.ideas(*many(2, 22))
        assert here.verify() == 0
        assert "2 more were registered since" in capsys.readouterr().out


def test_nothing_goes_out_before_the_register_was_seen(tmp_path: Path) -> None:
    with asked(tmp_path, NONE) as here:
        with here.town.desk() as store:
            store.know(here.town.consultation)
            with pytest.raises(NoCheckpoint, match="Pull from the server first"):
                publish_data(store, here.out)
        assert not here.out.exists()
