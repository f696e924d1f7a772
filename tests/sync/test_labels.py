"""What answers are called in tables and on pages: as the person who gave them read it."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import requests
from click.testing import CliRunner, Result

from sync import consultation as packages
from sync.client.https import sync_once
from sync.consultation import Consultation, Traceability
from sync.contribution import Contribution, Mode
from sync.desk import commands
from sync.desk.open_data import publish_data
from sync.device import Device
from sync.receipt import receipt_code
from tests.sync.town import Town

HEAD = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
xmlns:jr="http://openrosa.org/javarosa"><h:head><h:title>La place</h:title><model>"""


def stand(version: int, asked: str, first: str, second: str) -> bytes:
    """A form that asks for or against, in this order."""
    return f"""{HEAD}<instance><data id="place" version="{version}"><stand/><meta><instanceID/>
</meta></data></instance><bind nodeset="/data/stand" type="string"/></model></h:head>
<h:body><select1 ref="/data/stand"><label>{asked}</label>
<item><label>{first}</label><value>1</value></item>
<item><label>{second}</label><value>2</value></item></select1></h:body></h:html>""".encode()


STREETS = f"""{HEAD}<instance><data id="place" version="1"><town/><street/>
<stop jr:template=""><town/><street/></stop><meta><instanceID/></meta></data></instance>
<instance id="streets"><root>
<item><name>centre</name><town>a</town><itextId>s-0</itextId></item>
<item><name>centre</name><town>b</town><itextId>s-1</itextId></item>
<item><name>gare</name><town>b</town><itextId>s-2</itextId></item>
</root></instance>
<itext><translation lang="Français (fr)" default="true()">
<text id="s-0"><value>Centre d’Aubeclaire</value></text>
<text id="s-1"><value>Centre de Bruyères</value></text>
<text id="s-2"><value>La gare</value></text></translation>
<translation lang="English (en)"><text id="s-0"><value>Aubeclaire centre</value></text>
<text id="s-1"><value>Bruyères centre</value></text>
<text id="s-2"><value>The station</value></text></translation></itext>
<bind nodeset="/data/town" type="string"/><bind nodeset="/data/street" type="string"/>
<bind nodeset="/data/stop/town" type="string"/><bind nodeset="/data/stop/street" type="string"/>
</model></h:head><h:body><select1 ref="/data/town"><label>Commune</label>
<item><label>A</label><value>a</value></item><item><label>B</label><value>b</value></item></select1>
<select ref="/data/street"><label>Rues</label>
<itemset nodeset="instance('streets')/root/item[town = /data/town]"><value ref="name"/>
<label ref="jr:itext(itextId)"/></itemset></select>
<group ref="/data/stop"><label>Étape</label><repeat nodeset="/data/stop">
<input ref="/data/stop/town"><label>Commune</label></input>
<select1 ref="/data/stop/street"><label>Rue</label>
<itemset nodeset="instance('streets')/root/item[town = current()/../town]"><value ref="name"/>
<label ref="jr:itext(itextId)"/></itemset></select1></repeat></group></h:body></h:html>""".encode()


class Asking:
    """A town that publishes forms, one version after the other, and what people answer."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.versions: list[Consultation] = []

    def publish(self, form: bytes) -> None:
        version = len(self.versions) + 1
        draft = self.town.publication(version)
        options = replace(draft.options, traceability=Traceability.FULL)
        made = replace(draft, form=form, form_version=str(version), options=options, data=b"")
        self.town.consultation = packages.publish(made, self.town.keys.organiser)
        self.versions.append(self.town.consultation)
        with self.town.service() as service:
            service.publish(self.town.consultation.data)

    def answer(self, device: Device, **answers: str) -> None:
        held = device.consultation(self.town.consultation.id)
        fields = tuple((f"/data/{path}", value) for path, value in answers.items())
        self.answer_at(device, held, fields)

    @staticmethod
    def answer_at(device: Device, held: Consultation, fields: tuple[tuple[str, str], ...]) -> None:
        said = Contribution("place", held.form_version, held.form_hash, Mode.SELF, "fr", fields)
        device.confirm(held.id, said)
        sync_once(device)

    def export(self, *more: str) -> tuple[list[str], list[list[str]]]:
        """The table's heading and rows."""
        path = self.town.root / "table.csv"
        done = self.desk("export", "--csv", str(path), *more)
        assert done.exit_code == 0, done.output
        with path.open(encoding="utf-8-sig", newline="") as file:
            heading, *rows = csv.reader(file)
        return heading[7:], [row[7:] for row in rows]

    def desk(self, name: str, *more: str) -> Result:
        store = str(self.town.root / "desk.sqlite")
        return CliRunner().invoke(commands.main, [name, "--store", store, *more])


def test_a_label_that_changed_its_meaning_stays_with_the_answers_given_under_it(
    tmp_path: Path,
) -> None:
    here = Asking(Town(tmp_path, published=False))
    here.publish(stand(1, "Êtes-vous pour ?", "Pour", "Contre"))
    with here.town.serving() as url, here.town.device("mairie", url) as device:
        here.answer(device, stand="1")
        here.publish(stand(2, "Êtes-vous contre ?", "Contre", "Pour"))
        sync_once(device)
        here.answer(device, stand="1")
        here.town.registered(device)
        with here.town.desk() as desk:
            here.town.pull(url, desk)
        heading, rows = here.export("--labels")
        assert sorted(rows) == [["Contre"], ["Pour"]]
        assert heading == ["Êtes-vous contre ? — version 1: Êtes-vous pour ? (stand)"]
        assert here.export() == (["stand"], [["1"], ["1"]])
        # The public pages say the same of each.
        data = tmp_path / "data.jsonl"
        with here.town.desk() as desk:
            publish_data(desk, data)
            ids = [one.id for one in desk.contributions(here.town.consultation.id)]
        keys = str(tmp_path / "keys")
        done = here.desk(
            "publish-answers", "--server", url, "--keys", keys, "--data", str(data), "--all-read"
        )
        assert done.exit_code == 0, done.output
        first, second = (
            requests.get(f"{url}/r", params={"code": receipt_code(bytes.fromhex(one))}).text
            for one in ids
        )
        assert "Êtes-vous pour ?" in first and "<dd>Pour</dd>" in first.replace(
            "<dd><span>", "<dd>"
        )
        assert "Êtes-vous contre ?" in second and "Contre" in second
        assert "Contre" not in first


def test_two_choices_of_one_name_are_told_apart_by_the_filter_that_each_person_saw(
    tmp_path: Path,
) -> None:
    here = Asking(Town(tmp_path, published=False))
    here.publish(STREETS)
    with here.town.serving() as url, here.town.device("mairie", url) as device:
        here.answer(device, town="a", street="centre")
        here.answer(device, town="b", street="gare centre")
        held = here.town.consultation
        stops = (
            ("/data/town", "b"),
            ("/data/stop[1]/town", "b"),
            ("/data/stop[1]/street", "centre"),
        )
        stops += (("/data/stop[2]/town", "a"), ("/data/stop[2]/street", "centre"))
        here.answer_at(device, held, stops)
        here.town.registered(device)
        with here.town.desk() as desk:
            here.town.pull(url, desk)
        heading, rows = here.export("--labels")
        table = [dict(zip(heading, row, strict=True)) for row in rows]
        table.sort(key=lambda row: (row["Rue (stop[2]/street)"], row["Rues (street)"]))
        assert table[0]["Rues (street)"] == "Centre d’Aubeclaire"
        assert table[1]["Rues (street)"] == "La gare; Centre de Bruyères"
        assert table[2]["Rue (stop[1]/street)"] == "Centre de Bruyères"
        assert table[2]["Rue (stop[2]/street)"] == "Centre d’Aubeclaire"
        english = here.export("--labels", "--language", "en")[1]
        chosen = {row[heading.index("Rues (street)")] for row in english}
        assert chosen == {"Aubeclaire centre", "The station; Bruyères centre", ""}
        data = tmp_path / "data.jsonl"
        with here.town.desk() as desk:
            publish_data(desk, data, without=["/data/town"])
            ids = [one.id for one in desk.contributions(held.id)]
        keys = str(tmp_path / "keys")
        done = here.desk("publish-answers", "--server", url, "--keys", keys, "--data", str(data))
        assert done.exit_code == 0, done.output
        pages = [
            requests.get(f"{url}/r", params={"code": receipt_code(bytes.fromhex(one))}).text
            for one in ids
        ]
        assert "Centre d’Aubeclaire" in pages[0] and "Centre de Bruyères" not in pages[0]
        assert "Centre de Bruyères" in pages[1] and "Centre d’Aubeclaire" not in pages[1]


def test_a_language_that_the_form_has_not_is_refused_and_named(tmp_path: Path) -> None:
    here = Asking(Town(tmp_path, published=False))
    here.publish(STREETS)
    with here.town.desk() as desk:
        desk.know(here.town.consultation)
    table = str(tmp_path / "table.csv")
    refused = here.desk("export", "--csv", table, "--labels", "--language", "de")
    assert refused.exit_code == 1
    assert "it is in Français (fr), English (en)" in refused.output
    assert not Path(table).exists()
    alone = here.desk("export", "--csv", table, "--language", "fr")
    assert alone.exit_code == 2
    assert "--labels" in alone.output


def test_a_table_is_not_written_under_another_formats_name_nor_over_somebodys_work(
    tmp_path: Path,
) -> None:
    here = Asking(Town(tmp_path, published=False))
    here.publish(STREETS)
    with here.town.desk() as desk:
        desk.know(here.town.consultation)
    for name in ("x.xlsx", "x.ods", "x.sqlite", "x.Numbers"):
        refused = here.desk("export", "--csv", str(tmp_path / name))
        assert refused.exit_code == 2, name
        assert "Name it x.csv" in refused.output
        assert not (tmp_path / name).exists()
    assert here.desk("open-data", "--out", str(tmp_path / "open.csv")).exit_code == 2
    table = tmp_path / "table.csv"
    whole = ("export", "--csv", str(table))
    assert here.desk(*whole).exit_code == 0
    assert here.desk(*whole, "--labels").exit_code == 0  # what export wrote is made anew at will
    assert here.desk(*whole).exit_code == 0
    written = table.read_bytes()
    heading = written.decode("utf-8-sig").split("\r\n")[0]
    for work, said in (
        ((heading + ',"theme"\r\n').encode("utf-8-sig"), "did not write: theme"),
        (heading.replace('"', "").encode() + b"\n", "another program has saved"),
        (b"Bonjour", "no table"),
    ):
        table.write_bytes(work)
        refused = here.desk(*whole)
        assert refused.exit_code == 1, work
        assert said in refused.output
        assert "--yes" in refused.output
        assert table.read_bytes() == work
    assert here.desk(*whole, "--yes").exit_code == 0
    assert table.read_bytes() == written
    data = tmp_path / "open.jsonl"
    data.write_text("{}")
    refused = here.desk("open-data", "--out", str(data))
    assert refused.exit_code == 1
    assert data.read_text() == "{}"
