import json

import pytest

from kiosk.transcription import BadTable, Row, read_table, transcribe, write_rejected
from sync.contribution import Mode
from sync.device import Device
from tests.kiosk import hall


@pytest.fixture
def device(tmp_path):
    with Device.open(tmp_path / "device") as opened:
        opened.hold(hall.consultation().data)
        yield opened


@pytest.fixture
def table(tmp_path):
    def write(content, name="sheets.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def enter(device, path):
    return transcribe(device, hall.offer(), read_table(path))


def said(device):
    return [
        {path.rpartition("/")[2]: value for path, value in one.fields}
        for one in hall.opened(device)
    ]


def causes(done):
    return [(one.row.line, one.cause) for one in done.rejected]


def test_a_csv_row_is_a_contribution_sealed_like_any_other(device, table):
    done = enter(device, table("idee,age,language\nUn banc,34,fr\n"))
    assert (done.kept, done.rejected) == (1, ())
    (one,) = hall.opened(device)
    assert (one.mode, one.language, one.assistance) == (Mode.PAPER, "fr", None)
    assert dict(one.fields)["/data/idee"] == "Un banc"
    assert dict(one.fields)["/data/age"] == "34"


@pytest.mark.parametrize(
    "content",
    [
        "idee;age\nUn banc;34\n",
        "idee\tage\nUn banc\t34\n",
        "\ufeffidee,age\nUn banc,34\n",
        "idee,age\r\nUn banc,34\r\n",
        "\n\nidee,age\n\nUn banc,34\n,\n\n",
        ' idee , age\n"Un banc",34',
        '{"idee": "Un banc", "age": 34}\n',
        '\ufeff{"age": "34", "idee": "Un banc"}\n\n',
    ],
    ids=["semicolons", "tabs", "bom", "windows", "empty-lines", "blanks", "json", "json-bom"],
)
def test_tables_as_people_save_them_are_read(device, table, content):
    assert enter(device, table(content)).kept == 1
    (one,) = said(device)
    assert (one["idee"], one["age"]) == ("Un banc", "34")


def test_every_kind_of_answer_can_be_typed(device, table):
    row = {
        "idee": "Un banc\net une fontaine",
        "age": 34,
        "km": 2.5,
        "depuis": "2024-02-29",
        "velo": "oui",
        "ou": ["parc", "place"],
        "ordre": "quai  place parc",
        "note": 7,
        "centimes": "0,75",
        "lu": "OK",
        "language": "en",
    }
    done = enter(device, table(json.dumps(row), "sheets.jsonl"))
    assert causes(done) == []
    (one,) = said(device)
    assert one["idee"] == "Un banc\net une fontaine"
    assert (one["km"], one["depuis"], one["velo"]) == ("2.5", "2024-02-29", "oui")
    assert sorted(one["ou"].split()) == ["parc", "place"]
    assert one["ordre"] == "quai place parc"
    assert (one["note"], one["centimes"], one["lu"]) == ("7", "0.75", "OK")


def test_decimals_may_have_a_comma(device, table):
    assert enter(device, table('age,km\n34,"2,5"\n35,2.5\n')).kept == 2
    assert [one["km"] for one in said(device)] == ["2.5", "2.5"]


def test_bad_rows_are_named_with_their_line_and_cause_and_good_ones_kept(device, table):
    done = enter(
        device,
        table("age,velo,ou\n12,,\n34,,\nvieux,,\n,oui,\n35,non,place\n36,peut-être,\n"),
    )
    assert done.kept == 1
    assert [one["age"] for one in said(device)] == ["34"]
    told = dict(causes(done))
    assert told[2] == "age: “12” – De 16 à 129 ans."
    assert told[4].startswith("age: “vieux”")
    assert told[5] == "age: an answer is needed"
    assert told[6] == "ou: this question is not asked, given the other answers."
    assert told[7].startswith("velo: “peut-être”")


def test_lines_are_counted_as_an_editor_does_also_after_cells_of_several_lines(device, table):
    done = enter(device, table('idee,age\n"un\ndeux\ntrois",34\nquatre,12\n'))
    assert done.kept == 1
    assert [line for line, _ in causes(done)] == [5]


def test_a_row_of_several_lines_is_named_by_the_one_on_which_it_begins(device, table):
    done = enter(device, table('idee,age\nun,34\n"deux\ntrois",12\n'))
    assert [line for line, _ in causes(done)] == [3]


def test_an_unknown_column_is_refused_before_anything_is_kept(device, table):
    with pytest.raises(BadTable, match="No question of this form is called nom, ville") as refused:
        enter(device, table("age,nom,ville\n34,a,b\n"))
    assert "age, centimes" in str(refused.value)
    assert device.outbox.counts().waiting == 0


def test_a_column_that_only_some_json_lines_have_is_no_trouble(device, table):
    content = '{"age": 34}\n{"age": 35, "idee": "x", "km": null}\n'
    assert enter(device, table(content)).kept == 2


BAD = {
    "empty": (b"", "is empty"),
    "blank": (b" \n\n \n", "is empty"),
    "bom alone": (b"\xef\xbb\xbf", "is empty"),
    "header alone": (b"idee,age\n", "no rows"),
    "header and blanks": (b"idee,age\n\n  ,\n", "no rows"),
    "utf-16": ("idee,age\nx,34\n".encode("utf-16"), "CSV UTF-8"),
    "excel": (b"PK\x03\x04\xff\xfe\x00", "CSV UTF-8"),
    "cells beyond the header": (b"idee,age\nUn banc, et une fontaine,34\n", "Line 2 has 3 cells"),
    "a quote left open": (b'idee,age\n"Un banc,34\n', "not CSV"),
    "text after a quote": (b'idee,age\n"Un" banc,34\n', "Line 2 is not CSV"),
    "a column twice": (b"age,idee,age\n34,x,35\n", "twice: age"),
    "a column without a name": (b"age,,idee\n34,x,y\n", "no name"),
    "json cut short": (b'{"age": 34}\n{"age": 3', "Line 2 is not JSON"),
    "json that is no object": (b'{"age": 34}\n[1, 2]\n', "Line 2 is not a JSON object"),
    "json nested": (b'{"idee": {"a": 1}}\n', "Line 1: an answer is"),
    "json list of numbers": (b'{"ou": [1, 2]}\n', "Line 1: an answer is"),
    "json yes and no": (b'{"velo": true}\n', "Line 1: write the name of the choice"),
    "json too deep": (b'{"a":' * 100_000, "Line 1 is not JSON"),
    "json key twice": (b'{"age": 34, "age": 35}\n', "twice: age"),
}


@pytest.mark.parametrize("content, told", BAD.values(), ids=BAD)
def test_a_file_that_is_no_table_is_explained_and_nothing_is_kept(device, table, content, told):
    with pytest.raises(BadTable) as refused:
        enter(device, table(content))
    assert told in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert device.outbox.counts().waiting == 0


STRANGE = {
    "an endless number": b"age\n" + b"9" * 5000 + b"\n",
    "infinity": b"age,km\n34,inf\n",
    "a date that is none": b"age,depuis\n34,2023-02-29\n",
    "a ranking with a choice twice": b"age,ordre\n34,quai quai place\n",
    "control characters": b"idee,age\n\x07\x1b[2J,34\n",
    "nul bytes": b"idee,age\n\x00,34\n",
    "not a number": b'{"age": NaN}\n',
    "a surrogate": b'{"age": 34, "idee": "\\ud800"}\n',
    "an unknown language": "age,language\n34,la langue d’à côté !\n".encode(),
    "a note": b"accueil,age\nx,34\n",
    "a formula": b"age,km\n34,=1+1\n",
}


@pytest.mark.parametrize("content", STRANGE.values(), ids=STRANGE)
def test_answers_that_nobody_can_give_are_bad_rows_and_the_next_one_is_kept(device, table, content):
    name = "age" if b"{" not in content[:1] else None
    more = content + (b'{"age": 35}\n' if name is None else b"")
    if name is not None:
        columns = content.splitlines()[0].split(b",")
        good = b",".join(b"35" if column == b"age" else b"" for column in columns)
        more = content + good + b"\n"
    done = enter(device, table(more))
    assert done.kept == 1, causes(done)
    assert len(done.rejected) == 1
    assert [one["age"] for one in said(device)] == ["35"]


def test_a_text_of_blanks_is_no_answer(device, table):
    assert enter(device, table('age,idee\n34,"   "\n')).kept == 1
    assert "idee" not in said(device)[0]


def test_a_table_that_is_not_there_or_too_large_is_refused(tmp_path):
    with pytest.raises(BadTable, match="cannot be read"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(BadTable, match="cannot be read"):
        read_table(tmp_path)
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(65 << 20)
    with pytest.raises(BadTable, match="larger than 64 MB"):
        read_table(large)


def test_the_rows_not_kept_are_written_so_that_they_can_be_corrected(device, table, tmp_path):
    done = enter(device, table('age,idee\n12,"un, ""deux""\ntrois"\n34,x\n'))
    rejected = tmp_path / "rejected.csv"
    write_rejected(rejected, done.rejected)
    (row,) = read_table(rejected)
    assert row.values == {
        "line": "2",
        "cause": "age: “12” – De 16 à 129 ans.",
        "age": "12",
        "idee": 'un, "deux"\ntrois',
    }
    rejected.write_text(rejected.read_text("utf-8-sig").replace(",12,", ",21,"), "utf-8-sig")
    assert enter(device, rejected).kept == 1
    with pytest.raises(BadTable, match="cannot be written"):
        write_rejected(tmp_path, done.rejected)


def test_progress_is_told_row_by_row(device, table):
    told = []
    rows = read_table(table("age\n34\n12\n35\n"))
    transcribe(device, hall.offer(), rows, lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_row_knows_its_line_and_its_cells():
    assert Row(2, {"age": "34"}) == Row(2, {"age": "34"})
