"""From the organiser's tables to “my contribution”: read, themes, answers, texts as promised."""

from __future__ import annotations

import csv
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from sync import consultation as packages
from sync.answers import (
    Answers,
    MalformedAnswers,
    State,
    Theme,
    read_states,
    weakest,
    write_states,
)
from sync.consultation import Traceability
from sync.desk import commands
from sync.desk.answers import AnswersDesk, NotTaken, _parts
from sync.desk.open_data import _Proved, publish_data
from sync.device import Device
from sync.receipt import Receipt, receipt_code
from sync.register.entry import Entry, Reason
from sync.server.register import entomb
from tests.sync.town import Town
from tests.waiting import LONG

ON_BOTH_DATABASES = True

THEMES = """theme;title;title::ar;answer;answer::Arabic (ar);link
bancs;Des bancs;المقاعد;Nous en posons dix.;سنضع عشرة.;https://ville.example/bancs
arbres;Des arbres;;;;
"""


class Answering:
    """A town whose desk has pulled what three people said."""

    def __init__(self, town: Town, traceability: Traceability = Traceability.INCLUSION) -> None:
        self.town = town
        self.traceability = traceability
        draft = self.town.publication(version=2)
        options = replace(draft.options, traceability=traceability)
        self.town.consultation = packages.publish(
            replace(draft, options=options, data=b""), self.town.keys.organiser
        )
        (town.root / "themes.csv").write_text(THEMES, encoding="utf-8")

    @property
    def id(self) -> str:
        return self.town.consultation.id

    def say(self, url: str, device: Device) -> dict[str, str]:
        """Three people say something, and the desk pulls it; idea → contribution id."""
        self.town.confirm(device, "un banc", "un arbre", "rien")
        self.town.registered(device)
        with self.town.desk() as desk:
            self.town.pull(url, desk)
            said = desk.contributions(self.id)
            return {dict(one.fields)["/data/idea"]: one.id for one in said}

    def table(self, ids: dict[str, str], themes: dict[str, str]) -> Path:
        """What export wrote, with a column more."""
        path = self.town.root / "sorted.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(["id", "idea", "theme"])
            writer.writerows([ids[idea], idea, theme] for idea, theme in themes.items())
        return path

    def publish(self, url: str, *more: object) -> Result:
        root = self.town.root
        given = ["publish-answers", "--server", url, "--keys", root / "keys"]
        given += ["--store", root / "desk.sqlite", *more]
        return CliRunner().invoke(commands.main, [str(one) for one in given])

    def page(self, url: str, id_: str, language: str = "fr") -> str:
        code = receipt_code(bytes.fromhex(id_))
        return requests.get(f"{url}/r", params={"code": code, "lang": language}).text


def fresh(root: Path, database: str | None, traceability: Traceability) -> Answering:
    """A consultation that never promised anything else."""
    answering = Answering(Town(root, database, published=False), traceability)
    with answering.town.service() as service:
        service.publish(answering.town.consultation.data)
    return answering


def test_a_contributor_sees_theme_and_answer(tmp_path: Path, database: str | None) -> None:
    here = fresh(tmp_path, database, Traceability.INCLUSION)
    with here.town.serving() as url, here.town.device("mairie", url) as device:
        ids = here.say(url, device)
        assert "Pas encore lue" in here.page(url, ids["un banc"])
        table = here.table(ids, {"un banc": "bancs arbres", "un arbre": ""})
        done = here.publish(url, "--themes", tmp_path / "themes.csv", "--sorted", table)
        assert done.exit_code == 0, done.output
        assert "2 contributions read, 1 with a theme, 1 answer, 0 texts" in done.output
        french = here.page(url, ids["un banc"])
        for words in ("Lue par l’organisateur", "Des bancs", "Nous en posons dix.", "Des arbres"):
            assert words in french
        assert "https://ville.example/bancs" in french
        assert "un banc" not in french  # the promise is inclusion: never the text
        arabic = here.page(url, ids["un banc"], "ar")
        assert "سنضع عشرة." in arabic
        assert '<span lang="fr" dir="ltr">Des arbres</span>' in arabic
        only_read = here.page(url, ids["un arbre"])
        assert "Lue par l’organisateur" in only_read
        assert "Des bancs" not in only_read
        assert "Pas encore lue" in here.page(url, ids["rien"])
        # Everybody sees the answers.
        assert "Nous en posons dix." in requests.get(f"{url}/c/{here.id}").text
        statement = requests.get(f"{url}/v1/consultations/{here.id}/answers").content
        organiser = here.town.keys.organiser.public_key()
        assert Answers.read(statement, organiser).number == 1


def test_publishing_again_replaces_what_was_said(tmp_path: Path, database: str | None) -> None:
    here = fresh(tmp_path, database, Traceability.INCLUSION)
    with here.town.serving() as url, here.town.device("mairie", url) as device:
        ids = here.say(url, device)
        themes = ("--themes", tmp_path / "themes.csv")
        first = here.table(ids, {"un banc": "bancs"})
        assert here.publish(url, *themes, "--sorted", first).exit_code == 0
        second = here.table(ids, {"un arbre": "arbres"})
        assert here.publish(url, *themes, "--sorted", second, "--yes").exit_code == 0
        assert "Pas encore lue" in here.page(url, ids["un banc"])
        assert "Des arbres" in here.page(url, ids["un arbre"])
        assert here.publish(url, "--all-read", "--yes").exit_code == 0
        page = here.page(url, ids["un arbre"])
        assert "Lue par l’organisateur" in page
        assert "Des arbres" not in page


def test_what_would_take_away_what_is_published_is_named_and_asked_about(
    tmp_path: Path, database: str | None
) -> None:
    here = fresh(tmp_path, database, Traceability.FULL)
    with here.town.serving() as url, here.town.device("mairie", url) as device:
        ids = here.say(url, device)
        nothing = here.publish(url)
        assert nothing.exit_code == 1
        assert "nothing to publish" in nothing.output
        data = tmp_path / "data.jsonl"
        with here.town.desk() as desk:
            publish_data(desk, data)
        themes = ("--themes", tmp_path / "themes.csv")
        table = here.table(ids, {"un banc": "bancs", "un arbre": ""})
        whole = (*themes, "--sorted", table, "--data", data)
        assert here.publish(url, *whole).exit_code == 0
        again = here.publish(url, *whole)
        assert again.exit_code == 0, again.output  # the same again takes nothing away
        for less, named in (
            ((), "the theme “Des bancs”"),
            ((), "that 3 contributions had been read"),
            (("--all-read",), "the theme “Des arbres”"),
            ((*themes, "--all-read", "--data", data), "a theme of 1 contribution"),
            ((*themes, "--sorted", table), "that 1 contribution had been read"),
            ((*themes, "--sorted", table, "--all-read"), "3 texts"),
        ):
            asked = here.publish(url, *less)
            assert asked.exit_code == 1, less
            assert named in asked.output
            assert "--yes" in asked.output
        page = here.page(url, ids["un banc"])
        assert "Nous en posons dix." in page
        assert "<dd>un banc</dd>" in page
        silent = tmp_path / "themes.csv"
        silent.write_text(THEMES.replace("Nous en posons dix.;سنضع عشرة.", ";"), encoding="utf-8")
        assert "the answer to “Des bancs”" in here.publish(url, *whole).output
        silent.write_text(THEMES.replace(";سنضع عشرة.", ";"), encoding="utf-8")
        assert "the answer to “Des bancs” in ar" in here.publish(url, *whole).output
        silent.write_text(THEMES.replace("https://ville.example/bancs", ""), encoding="utf-8")
        assert "the link of “Des bancs”" in here.publish(url, *whole).output
        assert here.publish(url, "--yes").exit_code == 0
        assert "Pas encore lue" in here.page(url, ids["un banc"])


def test_a_version_that_was_never_served_keeps_nobody_from_publishing(
    tmp_path: Path, database: str | None
) -> None:
    here = fresh(tmp_path, database, Traceability.FULL)
    with here.town.serving() as url, here.town.device("mairie", url) as device:
        ids = here.say(url, device)
        tried = here.town.publication(version=1)
        options = replace(tried.options, traceability=Traceability.NONE)
        tried = packages.publish(
            replace(tried, options=options, data=b""), here.town.keys.organiser
        )
        data = tmp_path / "data.jsonl"
        with here.town.desk() as desk:
            desk.know(tried)
            publish_data(desk, data)
        done = here.publish(url, "--data", data, "--all-read")
        assert done.exit_code == 0, done.output
        assert "<dd>un banc</dd>" in here.page(url, ids["un banc"])


def test_a_sorted_table_without_its_column_is_refused(tmp_path: Path, database: str | None) -> None:
    here = fresh(tmp_path, database, Traceability.INCLUSION)
    with here.town.serving() as url, here.town.device("mairie", url) as device:
        ids = here.say(url, device)
        table = tmp_path / "sorted.csv"
        table.write_text(f"id;idea;thème\n{ids['un banc']};un banc;bancs\n", encoding="utf-8")
        done = here.publish(url, "--themes", tmp_path / "themes.csv", "--sorted", table)
        assert done.exit_code == 1
        assert "has no column “theme”" in done.output
        assert "Pas encore lue" in here.page(url, ids["un banc"])


def test_where_it_was_promised_the_text_is_found_as_published(
    tmp_path: Path, database: str | None
) -> None:
    here = fresh(tmp_path, database, Traceability.FULL)
    with here.town.serving() as url, here.town.device("mairie", url) as device:
        ids = here.say(url, device)
        data = tmp_path / "data.jsonl"
        with here.town.desk() as desk:
            publish_data(desk, data)
        done = here.publish(url, "--data", data)
        assert done.exit_code == 0, done.output
        assert "3 texts" in done.output
        page = here.page(url, ids["un banc"])
        assert "<dd>un banc</dd>" in page
        assert "Votre idée" in page
        assert "ne sont pas publiés" in page or "n’est pas publié" in page
        line = requests.get(f"{url}/v1/consultations/{here.id}/published/{ids['un banc']}").text
        assert line in data.read_text()


def test_of_what_is_set_aside_neither_theme_nor_text_is_published(
    tmp_path: Path, database: str | None
) -> None:
    here = fresh(tmp_path, database, Traceability.FULL)
    with here.town.serving() as url, here.town.device("mairie", url) as device:
        ids = here.say(url, device)
        data, themes = tmp_path / "data.jsonl", tmp_path / "themes.csv"
        with here.town.desk() as desk:
            publish_data(desk, data)  # as it was before
            desk.aside.put(here.id, [ids["un banc"]], "deux fois", date(2026, 11, 21))
        table = here.table(ids, {"un banc": "bancs", "un arbre": "arbres"})
        done = here.publish(url, "--themes", themes, "--sorted", table, "--data", data)
        assert done.exit_code == 0, done.output
        assert "1 contribution set aside: said to be read, and no more." in done.output
        assert "3 contributions read, 1 with a theme, 1 answer, 2 texts" in done.output
        page = here.page(url, ids["un banc"])
        assert "Lue par l’organisateur" in page
        assert "<dd>un banc</dd>" not in page
        assert "Nous en posons dix." not in page
        assert "<dd>un arbre</dd>" in here.page(url, ids["un arbre"])


def test_where_nothing_was_promised_nothing_is_followed(
    tmp_path: Path, database: str | None
) -> None:
    here = fresh(tmp_path, database, Traceability.NONE)
    with here.town.serving() as url, here.town.device("mairie", url) as device:
        ids = here.say(url, device)
        page = here.page(url, ids["un banc"])
        assert "ne permet pas de suivre" in page
        assert "Reçue" not in page
        done = here.publish(url, "--themes", tmp_path / "themes.csv", "--all-read")
        assert done.exit_code == 0, done.output
        assert "Nothing is said of single contributions" in done.output
        assert "Nous en posons dix." in requests.get(f"{url}/c/{here.id}").text
        assert "ne permet pas de suivre" in here.page(url, ids["un banc"])
        # Not even by a desk that does not keep the promise.
        desk = AnswersDesk(url, here.town.keys.organiser)
        with pytest.raises(NotTaken, match="The promise is kept"):
            desk.publish(Answers(here.id, 2, date.today()), [State(bytes.fromhex(ids["rien"]))])
        desk.close()


def test_a_text_that_was_not_promised_is_refused_by_desk_and_server(
    tmp_path: Path, database: str | None
) -> None:
    here = fresh(tmp_path, database, Traceability.INCLUSION)
    with here.town.serving() as url, here.town.device("mairie", url) as device:
        ids = here.say(url, device)
        data = tmp_path / "data.jsonl"
        with here.town.desk() as desk:  # as if it had been promised
            data.write_bytes(b"".join(_Proved(desk, here.id, {"/data/idea"}, ()).lines()))
        refused = here.publish(url, "--data", data)
        assert refused.exit_code == 1
        assert "did not promise" in refused.output
        line = data.read_text().splitlines()[0]
        sender = AnswersDesk(url, here.town.keys.organiser)
        states = [State(bytes.fromhex(one), (), line) for one in ids.values()]
        with pytest.raises(NotTaken):
            sender.publish(Answers(here.id, 1, date.today()), states)
        sender.close()


def test_a_later_version_promises_nothing_for_those_who_came_before(
    tmp_path: Path, database: str | None
) -> None:
    here = Answering(
        Town(tmp_path, database), Traceability.FULL
    )  # the first version promised inclusion
    with here.town.service() as service:
        service.publish(here.town.consultation.data)
        assert service.answers.promised(here.id) is Traceability.INCLUSION


def test_only_the_organiser_publishes(tmp_path: Path, database: str | None) -> None:
    here = fresh(tmp_path, database, Traceability.INCLUSION)
    with here.town.serving() as url, here.town.device("mairie", url) as device:
        ids = here.say(url, device)
        stranger = AnswersDesk(url, device.key)
        with pytest.raises(NotTaken, match="no right"):
            stranger.publish(Answers(here.id, 1, date.today()), [State(bytes.fromhex(ids["rien"]))])
        stranger.close()
        assert requests.put(f"{url}/v1/consultations/{here.id}/answers", b"x").status_code == 401


def test_older_answers_never_come_back(tmp_path: Path, database: str | None) -> None:
    here = fresh(tmp_path, database, Traceability.INCLUSION)
    with here.town.serving() as url, here.town.device("mairie", url) as device:
        here.say(url, device)
        desk = AnswersDesk(url, here.town.keys.organiser)
        newest = Answers(here.id, 5, date.today(), (Theme({"fr": "Neuf"}),))
        desk.publish(newest, [])
        desk.publish(newest, [])  # the same again does no harm
        with pytest.raises(NotTaken, match="Newer answers"):
            desk.publish(Answers(here.id, 5, date.today(), (Theme({"fr": "Autre"}),)), [])
        assert desk.number(here.id) == 5
        desk.close()


def test_of_an_erased_contribution_nothing_is_told(tmp_path: Path, database: str | None) -> None:
    here = fresh(tmp_path, database, Traceability.FULL)
    with here.town.serving() as url, here.town.device("mairie", url) as device:
        ids = here.say(url, device)
        data = tmp_path / "data.jsonl"
        with here.town.desk() as desk:
            publish_data(desk, data)
            (erased,) = [one for one in desk.contributions(here.id) if one.id == ids["un banc"]]
        table = here.table(ids, {"un banc": "bancs"})
        given = ("--themes", tmp_path / "themes.csv", "--sorted", table, "--data", data)
        assert here.publish(url, *given).exit_code == 0
        with here.town.service() as service, service.store.writing() as db:
            buried = Entry(bytes.fromhex(erased.commitment), Reason.ASKED)
            entomb(db, here.id, [buried])
        until = time.monotonic() + LONG
        while "Effacée" not in (page := here.page(url, erased.id)):
            assert time.monotonic() < until
            time.sleep(0.1)
        assert "un banc" not in page
        assert "Des bancs" not in page
        address = f"{url}/v1/consultations/{here.id}/published/{erased.id}"
        assert requests.get(address).status_code == 404


@pytest.mark.parametrize(
    ("themes", "table", "sentence"),
    [
        ("nothing\n1\n", "id\n", "no column “theme”"),
        ("theme,title\nx,\n", "id\n", "has no title"),
        ("theme,title\nx,X\nx,Y\n", "id\n", "twice"),
        ("theme,title\nx y,X\n", "id\n", "one word"),
        ("theme,title,link\nx,X,ville.fr\n", "id\n", "https://"),
        ("theme,title\nx,X\n", "id,theme\nabc,x\n", "holds no contribution “abc”"),
        ("theme,title\nx,X\n", "id,theme\n{id},y\n", "no theme “y”"),
        ("theme,title\nx,\xff\n", "id\n", "UTF-8"),
    ],
)
def test_a_table_that_is_wrong_is_told_where(
    tmp_path: Path, database: str | None, themes: str, table: str, sentence: str
) -> None:
    here = fresh(tmp_path, database, Traceability.INCLUSION)
    with here.town.serving() as url, here.town.device("mairie", url) as device:
        ids = here.say(url, device)
        (tmp_path / "themes.csv").write_text(themes, encoding="latin-1")
        (tmp_path / "sorted.csv").write_text(table.replace("{id}", ids["rien"]))
        given = ("--themes", tmp_path / "themes.csv", "--sorted", tmp_path / "sorted.csv")
        said = here.publish(url, *given)
        assert said.exit_code == 1
        assert sentence in said.output


def test_many_states_go_some_thousand_at_a_time() -> None:
    states = [State(number.to_bytes(16, "big")) for number in range(4500)]
    parts = list(_parts(states))
    assert [len(part) for part, _ in parts] == [2000, 2000, 500]
    assert [last for _, last in parts] == [False, False, True]
    assert list(_parts([])) == [([], True)]
    long = [State(bytes(16), (), "x" * 1_500_000) for _ in range(3)]
    assert len(list(_parts(long))) == 3


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"states": 3, "last": true}',
        b'{"states": [{"id": "00", "themes": []}], "last": true}',
        write_states([State(bytes(16), (7,))], last=True),
        write_states([State(bytes(16)), State(bytes(16))], last=True),
        write_states([State(bytes(16), (), '{"leaves": [["00"]]}')], last=True),
        write_states([State(bytes(16), (), "[")], last=True),
    ],
)
def test_states_that_are_none_are_refused(body: bytes) -> None:
    with pytest.raises(MalformedAnswers):
        read_states(body, "ABCDEFGH", themes=3)


def test_the_least_promise_counts() -> None:
    none, inclusion, full = Traceability.NONE, Traceability.INCLUSION, Traceability.FULL
    assert weakest([full, inclusion]) is inclusion
    assert weakest([full, none, inclusion]) is none
    assert weakest([full]) is full


def test_a_receipt_of_the_day_leads_there_too(tmp_path: Path, database: str | None) -> None:
    here = fresh(tmp_path, database, Traceability.NONE)
    with here.town.serving() as url, here.town.device("mairie", url) as device:
        ids = here.say(url, device)
        with here.town.desk() as desk:
            (one,) = [each for each in desk.contributions(here.id) if each.id == ids["rien"]]
        promise = Receipt.promise(here.id, bytes.fromhex(one.commitment), device.key, time.time())
        path = promise.qr_payload(url).removeprefix(url.upper())
        assert "ne permet pas de suivre" in requests.get(url + path).text
