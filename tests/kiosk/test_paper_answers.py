"""Everything a form asks can be given on paper, as people type it; or the row is refused."""

import struct
import zlib

import pytest
from openpyxl import Workbook

from kiosk.paper.cells import read_day, read_number
from kiosk.paper.errors import BadRow, BadTable
from tests.kiosk.paper import Desk

NESTED = """
| survey | type | name | label::Français (fr) | label::English (en) | required | relevant | constraint | repeat_count | calculation |
| | begin_group | moi | Moi | Me | | | | | |
| | text | nom | Votre nom ? | Your name? | | | | | |
| | end_group | | | | | | | | |
| | begin_group | voisin | Voisin | Neighbour | | | | | |
| | text | nom | Son nom ? | Their name? | | | | | |
| | end_group | | | | | | | | |
| | begin_repeat | enfant | Enfant | Child | | | | | |
| | text | prenom | Prénom ? | First name? | | | | | |
| | begin_repeat | jouet | Jouet | Toy | | | | | |
| | text | quoi | Quoi ? | What? | | | | | |
| | end_repeat | | | | | | | | |
| | end_repeat | | | | | | | | |
| | integer | combien | Combien ? | How many? | | | | | |
| | begin_repeat | piece | Pièce | Room | | | | ${combien} | |
| | text | usage | Usage ? | Use? | | | | | |
| | end_repeat | | | | | | | | |
| | calculate | double | | | | | | | ${combien} * 2 |
| | image | photo | Photo ? | Photo? | | | | | |
| | file | papier | Papier ? | Paper? | | | | | |
| | audio | voix | Voix ? | Voice? | | | | | |
| | geopoint | ici | Où ? | Where? | | | | | |
| | geotrace | chemin | Chemin ? | Way? | | | | | |
| | date | jour | Jour ? | Day? | | | | | |
| | time | heure | Heure ? | Time? | | | | | |
| | dateTime | moment | Moment ? | Moment? | | | | | |
| | decimal | km | Kilomètres ? | Kilometres? | | | | | |
| | integer | ans | Ans ? | Years? | | | | | |
| | select_one avis | avis | Avis ? | View? | | | | | |
| | select_multiple lieux | ou | Où ? | Where? | | | | | |
| | rank lieux | ordre | Ordre ? | Order? | | | | | |
| | text | suite | Suite ? | More? | | ${fin} = 'oui' | | | |
| | text | fin | Fin ? | End? | | | | | |
| settings | form_title | form_id | version | default_language |
| | Emboîté | nested | 1 | Français (fr) |
| choices | list_name | name | label::Français (fr) | label::English (en) |
| | avis | 1 | Pour | For |
| | avis | 2 | Contre | Against |
| | avis | 3 | Ça dépend | It depends |
| | avis | 4 | Ça dépend | Neither |
| | lieux | place | La place | The square |
| | lieux | parc | Le parc, au nord | The park |
| | lieux | quai | Le quai | The quay |
"""


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path, NESTED)


def one(desk, **cells):
    """The answers of one row."""
    names = [name.replace("__", "/") for name in cells]
    quoted = ['"' + text.replace('"', '""') + '"' for text in cells.values()]
    done = desk.enter(desk.table("\t".join(names) + "\n" + "\t".join(quoted) + "\n"))
    assert [bad.cause for bad in done.rejected] == []
    (fields,) = desk.fields()
    fields.pop("carte_count", None)  # the form's own
    return fields


def refused(desk, **cells):
    """Why one row is refused; nothing of it is sealed."""
    names = [name.replace("__", "/") for name in cells]
    quoted = ['"' + text.replace('"', '""') + '"' for text in cells.values()]
    done = desk.enter(desk.table("\t".join(names) + "\n" + "\t".join(quoted) + "\n"))
    assert done.kept == 0
    assert desk.fields() == []
    (bad,) = done.rejected
    return bad.cause


# --- which question is meant ----------------------------------------------------------------------


def test_questions_of_one_name_in_two_groups_each_keep_their_answer(desk):
    assert one(desk, moi__nom="Ana", voisin__nom="Bob") == {"moi/nom": "Ana", "voisin/nom": "Bob"}


def test_a_name_that_two_groups_ask_is_refused_and_both_ways_are_named(desk):
    with pytest.raises(BadTable, match="moi/nom, voisin/nom"):
        desk.enter(desk.table("nom\nAna\n"))


def test_whole_paths_may_be_given_and_one_question_only_once(desk):
    assert one(desk, **{"/data/moi/nom": "Ana"}) == {"moi/nom": "Ana"}
    with pytest.raises(BadTable, match="are the same question"):
        desk.enter(desk.table("moi/nom,/data/moi/nom\nAna,Ana\n"))
    with pytest.raises(BadTable, match="asked once only"):
        desk.enter(desk.table("moi[2]/nom\nAna\n"))
    with pytest.raises(BadTable, match="No question"):
        desk.enter(desk.table("lui/nom\nAna\n"))


def test_every_instance_of_a_repeat_keeps_its_answers(desk):
    said = one(
        desk,
        **{
            "enfant[1]/prenom": "Ana",
            "enfant[2]/prenom": "Bob",
            "enfant[2]/jouet[1]/quoi": "train",
            "enfant[2]/jouet[2]/quoi": "ours",
            "enfant[3]/prenom": "Zoé",
        },
    )
    assert said == {
        "enfant[1]/prenom": "Ana",
        "enfant[2]/prenom": "Bob",
        "enfant[2]/jouet[1]/quoi": "train",
        "enfant[2]/jouet[2]/quoi": "ours",
        "enfant[3]/prenom": "Zoé",
    }


def test_a_name_in_a_repeat_without_a_number_is_the_first_ones(desk):
    assert one(desk, prenom="Ana") == {"enfant[1]/prenom": "Ana"}


def test_instances_that_the_form_counts_are_as_many_as_it_says(desk):
    cells = {"combien": "2", "piece[1]/usage": "salon", "piece[2]/usage": "cave"}
    said = one(desk, **cells)
    assert (said["piece[1]/usage"], said["piece[2]/usage"]) == ("salon", "cave")


def test_an_instance_more_than_the_form_counts_refuses_the_row(desk):
    cause = refused(desk, **{"combien": "1", "piece[2]/usage": "cave"})
    assert "piece[2]/usage" in cause


def test_an_answer_further_down_may_be_what_an_earlier_question_is_asked_for(desk):
    assert one(desk, suite="encore", fin="oui") == {"suite": "encore", "fin": "oui"}


def test_what_the_form_computes_may_be_there_and_has_to_be_the_same(desk):
    assert one(desk, combien="2", double="4")["double"] == "4"


def test_what_the_form_computes_otherwise_refuses_the_row(desk):
    assert "“4”" in refused(desk, combien="2", double="5")


# --- choices --------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["1", "Pour", "pour", " POUR ", "For"])
def test_a_choice_is_known_by_its_name_or_its_label_in_any_language(desk, typed):
    assert one(desk, avis=typed)["avis"] == "1"


def test_a_label_that_two_choices_have_refuses_the_row(desk):
    assert "3, 4" in refused(desk, avis="Ça dépend")


def test_a_label_that_is_no_choice_refuses_the_row(desk):
    assert "avis: “Peut-être”" in refused(desk, avis="Peut-être")


@pytest.mark.parametrize(
    "typed",
    ["place parc", "La place; Le parc, au nord", "La place;parc", "the square\nThe park"],
)
def test_several_choices_are_known_however_they_are_set_apart(desk, typed):
    assert sorted(one(desk, ou=typed)["ou"].split()) == ["parc", "place"]


def test_a_label_with_a_comma_is_one_choice(desk):
    assert one(desk, ou="Le parc, au nord")["ou"] == "parc"


def test_a_ranking_by_labels_keeps_its_order(desk):
    said = one(desk, ordre="Le quai; La place; Le parc, au nord")
    assert said["ordre"] == "quai place parc"


CROSSED = NESTED.replace("| 1 | Pour | For |", "| 1 | 2 | For |")


def test_a_cell_that_is_one_choices_name_and_anothers_label_is_refused_but_for_codes(tmp_path):
    desk = Desk(tmp_path, CROSSED)
    table = desk.table("avis\n2\n")
    assert "--codes" in desk.enter(table).rejected[0].cause
    assert desk.enter(table, codes=True).kept == 1
    assert desk.fields() == [{"avis": "2"}]


# --- days, numbers, places ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed, languages, day",
    [
        ("2026-12-31", ["fr"], "2026-12-31"),
        ("31/12/2026", ["en"], "2026-12-31"),
        ("12/31/2026", ["fr"], "2026-12-31"),
        ("31.12.2026", [], "2026-12-31"),
        ("31-12-2026", ["fr"], "2026-12-31"),
        ("5/5/2026", ["en"], "2026-05-05"),
        ("03/04/2026", ["fr"], "2026-04-03"),
        ("03/04/2026", ["fr", "ar", "tr"], "2026-04-03"),
        ("03/04/2026", ["en-GB"], "2026-04-03"),
        ("03/04/2026", ["fr-x-falc"], "2026-04-03"),
    ],
)
def test_days_are_read_where_they_can_be_one_day_only(typed, languages, day):
    assert read_day(typed, languages) == day


@pytest.mark.parametrize(
    "typed, languages",
    [
        ("03/04/2026", ["en"]),
        ("03/04/2026", ["fr", "en"]),
        ("03/04/2026", ["zh"]),
        ("03/04/2026", []),
        ("03/04/2026", ["en-US"]),
        ("31/12/26", ["fr"]),
        ("31/31/2026", ["fr"]),
        ("29/02/2025", ["fr"]),
    ],
)
def test_days_that_may_be_two_or_none_are_refused(typed, languages):
    with pytest.raises(BadRow):
        read_day(typed, languages)


@pytest.mark.parametrize(
    "typed, languages, number",
    [
        ("2.5", ["en"], "2.5"),
        ("2,5", ["en"], "2.5"),
        ("1 234,5", [], "1234.5"),
        ("1\u202f234\u00a0567", [], "1234567"),
        ("1.234,5", [], "1234.5"),
        ("1,234.5", [], "1234.5"),
        ("1,234", ["fr"], "1.234"),
        ("0,750", ["en"], "0.750"),
        ("-1,5", ["en"], "-1.5"),
    ],
)
def test_numbers_are_read_where_they_can_be_one_number_only(typed, languages, number):
    assert read_number(typed, languages) == number


@pytest.mark.parametrize("languages", [["en"], ["fr", "en"], []])
def test_a_comma_that_may_stand_between_thousands_is_refused(languages):
    with pytest.raises(BadRow, match=r"1234, or 1\.234"):
        read_number("1,234", languages)


def test_the_rows_language_says_which_day_and_number_is_meant(desk):
    said = one(desk, jour="03/04/2026", km="1,234", language="fr")
    assert (said["jour"], said["km"]) == ("2026-04-03", "1.234")


def test_without_a_language_what_may_be_two_refuses_the_row(desk):
    assert refused(desk, jour="03/04/2026").startswith("jour: ")


def test_times_moments_and_places_as_people_write_them(desk):
    said = one(
        desk, heure="14h30", moment="31/12/2026 9:05", ici="48,8566 2,3522", chemin="1 2; 3.5, 4.5"
    )
    assert said["heure"].startswith("14:30")
    assert said["moment"].startswith("2026-12-31T09:05")
    assert said["ici"] == "48.8566 2.3522 0.0 0.0"
    assert said["chemin"] == "1.0 2.0 0.0 0.0; 3.5 4.5 0.0 0.0"


def test_a_place_of_commas_alone_is_refused(desk):
    assert refused(desk, ici="48,85,2,35").startswith("ici: ")


# --- files ----------------------------------------------------------------------------------------


def png():
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\x00\x00")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_files_beside_the_table_are_attached(desk):
    for name, content in (
        ("banc.PNG", png()),
        ("media/note.pdf", b"%PDF-1.4"),
        ("scan/voix.ogg", b"OggS"),
    ):
        desk.table(content, name)
    said = one(desk, photo="banc.PNG", papier="note.pdf", voix="scan/voix.ogg")
    assert (said["photo"], said["papier"], said["voix"]) == ("banc.PNG", "note.pdf", "voix.ogg")
    (contribution,) = desk.said()
    assert [(file.name, file.media_type) for file in contribution.attachments] == [
        ("banc.PNG", "image/png"),
        ("note.pdf", "application/pdf"),
        ("voix.ogg", "audio/ogg"),
    ]
    assert contribution.attachments[0].fits(png())


@pytest.mark.parametrize("name", ["absent.png", "../banc.png", "/etc/passwd", "", ".", "note.pdf"])
def test_a_file_that_is_not_there_or_of_another_sort_refuses_the_row(desk, name):
    desk.table(b"%PDF-1.4", "note.pdf")
    (desk.folder.parent / "banc.png").write_bytes(png())
    if name:
        assert refused(desk, photo=name, ans="3").startswith("photo: ")
    else:
        assert one(desk, photo=name, ans="3") == {"ans": "3"}


def test_an_empty_file_refuses_the_row(desk):
    desk.table(b"", "vide.png")
    assert "empty" in refused(desk, photo="vide.png")


# --- kinds of tables ------------------------------------------------------------------------------


TOWNS = """
| survey | type | name | label::Français (fr) | choice_filter |
| | select_one regions | region | Région ? | |
| | select_one villes | ville | Ville ? | region = ${region} |
| settings | form_title | form_id | version | default_language | allow_choice_duplicates |
| | Villes | villes | 1 | Français (fr) | yes |
| choices | list_name | name | label::Français (fr) | region |
| | regions | n | Nord | |
| | regions | s | Sud | |
| | villes | 1 | Lille | n |
| | villes | 1 | Nice | s |
"""


def test_choices_of_one_name_under_a_filter_keep_their_own_labels_from_row_to_row(tmp_path):
    desk = Desk(tmp_path, TOWNS)
    rows = "Nord,Lille\nSud,Nice\nSud,Lille\nNord,Nice\n"
    done = desk.enter(desk.table("region,ville\n" + rows))
    assert [bad.row.line for bad in done.rejected] == [4, 5]
    assert desk.fields() == [{"region": "n", "ville": "1"}, {"region": "s", "ville": "1"}]


def test_columns_and_rows_that_a_spreadsheet_left_empty_are_no_columns(desk):
    done = desk.enter(desk.table("fin;km;;\r\nun;2,5;;;;\r\n;;;\r\ndeux\r\n"))
    assert (done.kept, done.rejected) == (2, ())
    assert desk.fields() == [{"fin": "un", "km": "2.5"}, {"fin": "deux"}]


def test_a_column_without_a_name_in_which_something_stands_is_refused(desk):
    with pytest.raises(BadTable, match="Column 2 of the header has no name"):
        desk.enter(desk.table("fin;;km;\r\nun;x;2,5;\r\n"))
    with pytest.raises(BadTable, match="Line 2 has 3 cells, the header 2"):
        desk.enter(desk.table("fin;km;\r\nun;2,5;x\r\n"))


@pytest.mark.parametrize("said", ["sep=;", "SEP=;;;", '"sep=;"'])
def test_the_line_by_which_excel_is_told_the_delimiter_is_no_header(desk, said):
    desk.enter(desk.table(f"{said}\r\nfin;km\r\n1,5 euros;2,5\r\n"))
    assert desk.fields() == [{"fin": "1,5 euros", "km": "2.5"}]


def test_what_excel_saves_on_a_french_windows_is_read(desk):
    desk.enter(desk.table("fin;km\r\nçà et là – œuf €;2,5\r\n".encode("cp1252")))
    assert desk.fields() == [{"fin": "çà et là – œuf €", "km": "2.5"}]


@pytest.mark.parametrize(
    ("said", "letters"),
    [
        ("Привіт, так", "cp1251"),
        ("Şişli’de ığdır", "cp1254"),
        ("Bağış", "cp1254"),
        ("été à l’île", "mac_roman"),
        ("Élodie", "mac_roman"),
        ("où ça", "mac_roman"),
        ("نعم", "cp1256"),
    ],
)
def test_letters_that_could_be_read_in_several_ways_are_never_guessed(desk, said, letters):
    with pytest.raises(BadTable, match="CSV UTF-8"):
        desk.enter(desk.table(f"fin\n{said}\n".encode(letters)))
    assert desk.fields() == []


@pytest.mark.parametrize(
    "said",
    [
        "NÃO, OPINIÕES",
        "¿Qué? ¡Nada!",
        "Noël créée à Lège",
        "l´eau, 3 ½ m²",
        "Straße, Ærø, Œuvre",
        "Lego™",
    ],
)
def test_western_letters_of_an_excel_are_read(desk, said):
    desk.enter(desk.table(f"fin\tkm\r\n{said}\t2\r\n".encode("cp1252")))
    assert desk.fields()[0]["fin"] == said


@pytest.mark.parametrize("number", ["²", "①", "57²"])
def test_a_sheets_number_may_be_any_text(desk, number):
    assert desk.enter(desk.table(f"fin,feuille\nA,{number}\nB,3\n")).kept == 2


def test_a_place_that_may_be_one_number_is_refused(desk):
    assert refused(desk, ici="48,2").startswith("ici: ")


def test_a_column_of_sheets_that_is_not_there_is_refused(desk):
    path = desk.table("fin\nA\n")
    with pytest.raises(BadTable, match="“Numero”"):
        desk.enter(path, sheet="Numero")
    assert desk.fields() == []


def test_a_spreadsheet_is_read_with_its_days_and_numbers(desk):
    from datetime import datetime
    from datetime import time as clock

    book = Workbook()
    sheet = book.active
    sheet.append(["sheet", "jour", "moment", "heure", "km", "ans", "fin", None])
    sheet.append(
        [57, datetime(2026, 4, 3), datetime(2026, 4, 3, 14, 30), clock(9, 5), 2.5, 34, "x"]
    )
    sheet.append([])
    sheet.append([58, None, None, None, None, 35.0, None])
    book.create_sheet("vide")
    path = desk.folder / "sheets.xlsx"
    book.save(path)
    done = desk.enter(path)
    assert (done.kept, done.rejected) == (2, ())
    first, second = desk.fields()
    assert (first["jour"], first["km"], first["ans"]) == ("2026-04-03", "2.5", "34")
    assert first["moment"].startswith("2026-04-03T14:30")
    assert first["heure"].startswith("09:05")
    assert second == {"ans": "35"}
    assert desk.enter(path).before == 2


@pytest.mark.parametrize(
    ("typed", "said"), [('="a"&"b"', "never computed"), ("#REF!", "shows #REF!")]
)
def test_a_spreadsheets_cell_that_shows_no_answer_refuses_the_table(desk, typed, said):
    book = Workbook()
    for row in (["fin", "ans"], ["un", 34], [typed, 35]):
        book.active.append(row)
    path = desk.folder / "sheets.xlsx"
    book.save(path)
    with pytest.raises(BadTable, match=f"Line 3, column 1.*{said}"):
        desk.enter(path)
    assert desk.fields() == []


def test_a_spreadsheet_of_two_filled_sheets_is_refused(desk):
    book = Workbook()
    book.active.append(["fin"])
    book.active.append(["x"])
    book.create_sheet("autre").append(["y"])
    path = desk.folder / "sheets.xlsx"
    book.save(path)
    with pytest.raises(BadTable, match="2 sheets"):
        desk.enter(path)


def test_letters_that_only_look_like_the_end_of_a_line_stay_in_their_answer(desk):
    strange = "un\u2028deux\u0085trois\x0bquatre".replace("\x0b", "\u2029")
    desk.enter(desk.table('{"fin": "' + strange + '"}\n', "a.jsonl"))
    desk.enter(desk.table(f"fin,ans\n{strange},34\n", "b.csv"))
    assert [said["fin"] for said in desk.fields()] == [strange, strange]


LARGE = """
| survey | type | name | label |
{questions}
| settings | form_title | form_id | version |
| | Grande | grande | 1 |
"""


def test_ten_times_the_answers_take_about_ten_times_as_long(tmp_path):
    """Counted in looks at the form rather than in seconds: a row walks through it once."""
    from kiosk.paper import filling

    looks = []
    walked = filling.Filler._walk

    def counting(self, row, controls, at):
        looks.append(len(controls))
        walked(self, row, controls, at)

    counts = {}
    for size in (40, 400):
        survey = LARGE.format(
            questions="\n".join(f"| | text | q{n} | Q{n} |" for n in range(size)).strip("\n")
        )
        desk = Desk(tmp_path / f"{size}", survey)
        table = desk.table(
            ",".join(f"q{n}" for n in range(size)) + "\n" + ",".join("x" * size) + "\n"
        )
        looks.clear()
        filling.Filler._walk = counting
        try:
            assert desk.enter(table).kept == 1
        finally:
            filling.Filler._walk = walked
        counts[size] = sum(looks)
    assert counts[400] == 10 * counts[40]


# --- what is drawn by lot -------------------------------------------------------------------------

CARDS = """
| survey | type | name | label::Français (fr) | label::English (en) | read_only | repeat_count | choice_filter | calculation | appearance | body::parvis:method | bind::parvis:order | relevant |
| | calculate | tirage | | | | | | once(join(' ', randomize(instance('idees')/root/item/name))) | | | least-seen | |
| | begin_repeat | carte | Votre avis | Your view | | 3 | | | field-list | opinion-cards | | |
| | select_one idees | laquelle | Laquelle | Which | yes | | name = ${laquelle} | selected-at(${tirage}, position(..) - 1) | | | | |
| | select_one avis | avis | Avis ? | View? | | | | | | | | |
| | text | raison | Pourquoi ? | Why? | | | | | | | | ${avis} = 'pour' |
| | end_repeat | | | | | | | | | | | |
| | text | idee | Et vous ? | And you? | | | | | | | | |
| settings | form_title | form_id | version | default_language | namespaces |
| | Cartes | cartes | 1 | Français (fr) | parvis="https://parvis.example/ns/forms/1" |
| choices | list_name | name | label::Français (fr) | label::English (en) |
| | idees | bus | Le bus gratuit | Free buses |
| | idees | bancs | Plus de bancs | More benches |
| | idees | nuit | Éteindre la nuit | Lights out |
| | idees | velo | Des pistes | Cycle lanes |
| | avis | pour | Pour | For |
| | avis | contre | Contre | Against |
"""


@pytest.fixture(params=["parvis:order", "without"])
def cards(tmp_path, request):
    survey = CARDS
    if request.param == "without":
        survey = CARDS.replace("| least-seen |", "| |").replace("| opinion-cards |", "| |")
    return Desk(tmp_path, survey)


@pytest.mark.parametrize("first", ["bus", "bancs", "nuit", "velo"])
def test_any_card_can_be_the_one_that_a_row_speaks_of(cards, first):
    said = one(cards, **{"carte[1]/laquelle": first, "carte[1]/avis": "pour"})
    assert said == {"tirage": first, "carte[1]/laquelle": first, "carte[1]/avis": "pour"}


def test_several_cards_in_any_order_keep_their_own_opinion_and_reason(cards):
    said = one(
        cards,
        **{
            "carte[1]/laquelle": "velo",
            "carte[1]/avis": "contre",
            "carte[2]/laquelle": "Le bus gratuit",
            "carte[2]/avis": "For",
            "carte[2]/raison": "utile",
            "carte[3]/laquelle": "nuit",
        },
    )
    assert said == {
        "tirage": "velo bus nuit",
        "carte[1]/laquelle": "velo",
        "carte[1]/avis": "contre",
        "carte[2]/laquelle": "bus",
        "carte[2]/avis": "pour",
        "carte[2]/raison": "utile",
        "carte[3]/laquelle": "nuit",
    }


def test_cards_left_empty_between_others_are_no_cards(cards):
    said = one(cards, **{"carte[4]/laquelle": "nuit", "carte[4]/avis": "pour", "idee": "x"})
    assert said["tirage"] == said["carte[1]/laquelle"] == "nuit"
    assert said["carte[1]/avis"] == "pour"


@pytest.mark.parametrize(
    "cells",
    [
        {"carte[1]/avis": "pour"},
        {"avis": "pour"},
        {"carte[1]/laquelle": "bus", "carte[1]/avis": "pour", "carte[2]/avis": "pour"},
        {"carte[1]/laquelle": "tram", "carte[1]/avis": "pour"},
        {"carte[1]/laquelle": "bus bancs", "carte[1]/avis": "pour"},
        {"carte[1]/laquelle": "bus", "carte[2]/laquelle": "bus", "carte[1]/avis": "pour"},
        {"tirage": "bus", "carte[1]/laquelle": "nuit", "carte[1]/avis": "pour"},
    ],
)
def test_a_row_that_does_not_say_which_card_it_is_is_refused(cards, cells):
    assert "carte[" in refused(cards, **cells)


def test_more_cards_than_the_form_shows_refuse_the_row(cards):
    names = ("bus", "bancs", "nuit", "velo")
    cells = {f"carte[{n}]/laquelle": name for n, name in enumerate(names, 1)}
    assert "carte[4]" in refused(cards, **cells)


def test_the_order_itself_can_be_said(cards):
    said = one(cards, **{"tirage": "nuit bus", "carte[2]/avis": "pour"})
    assert (said["carte[2]/laquelle"], said["carte[2]/avis"]) == ("bus", "pour")


def test_a_sheet_whose_cards_were_left_alone_is_booked_on_none(tmp_path):
    assert one(Desk(tmp_path, CARDS), idee="Un marché") == {"idee": "Un marché"}


LOTS = """
| survey | type | name | label | calculation | relevant | default | repeat_count | choice_filter | parameters |
{rows}
| | text | idee | Votre idée ? | | | | | | |
| settings | form_title | form_id | version |
| | Tirage | tirage | 1 |
| choices | list_name | name | label |
| | lieux | place | La place |
| | lieux | parc | Le parc |
"""

DRAWN = {
    "once": "| | calculate | lot | | once(random()) | | | | | |",
    "every time": "| | calculate | lot | | int(random() * 2) | | | | | |",
    "a group": "| | calculate | lot | | once(if(random() < 0.5, 'A', 'B')) | | | | | |",
    "an order": "| | calculate | lot | | join(' ', randomize(instance('lieux')/root/item/name)) | | | | | |\n"
    "| | select_one lieux | ou | Où ? | | | | | | |",
    "a default": "| | text | lot | Tirage | | | once(random()) | | | |",
}


@pytest.mark.parametrize("rows", DRAWN.values(), ids=DRAWN)
def test_whatever_is_drawn_by_lot_has_to_be_said(tmp_path, rows):
    desk = Desk(tmp_path, LOTS.format(rows=rows))
    assert "lot" in refused(desk, idee="x")
    assert one(desk, idee="x", lot="B") == {"idee": "x", "lot": "B"}


def test_an_order_from_a_seed_that_nobody_chose_has_to_be_said_and_its_seed_not(tmp_path):
    rows = (
        "| | calculate | graine | | once(decimal-date-time(now())) | | | | | |\n"
        "| | calculate | lot | | join(' ', randomize(instance('lieux')/root/item/name, ${graine})) | | | | | |\n"
        "| | select_one lieux | ou | Où ? | | | | | | |"
    )
    desk = Desk(tmp_path, LOTS.format(rows=rows))
    assert "lot" in refused(desk, idee="x")
    assert one(desk, idee="x", lot="parc place")["lot"] == "parc place"


def test_a_form_that_asks_by_lot_and_does_not_keep_it_cannot_be_transcribed(tmp_path):
    rows = "| | text | parfois | Parfois ? | | random() < 0.5 | | | | |"
    assert "cannot be transcribed" in refused(Desk(tmp_path, LOTS.format(rows=rows)), idee="x")


@pytest.mark.parametrize("seed", ["", ", seed=${graine}"])
def test_choices_shown_in_an_order_of_chance_leave_no_lot_to_be_said(tmp_path, seed):
    rows = (
        "| | calculate | graine | | once(random()) | | | | | |\n" if seed else ""
    ) + f"| | select_one lieux | ou | Où ? | | | | | | randomize=true{seed} |"
    desk = Desk(tmp_path, LOTS.format(rows=rows))
    assert one(desk, idee="x", ou="La place") == {"idee": "x", "ou": "place"}


def test_a_lot_in_each_instance_of_a_repeat_has_to_be_said_in_each(tmp_path):
    rows = (
        "| | begin_repeat | tour | Tour | | | | | | |\n"
        "| | calculate | lot | | once(random()) | | | | | |\n"
        "| | text | mot | Mot ? | | | | | | |\n"
        "| | end_repeat | | | | | | | | |"
    )
    desk = Desk(tmp_path, LOTS.format(rows=rows))
    some = {"tour[1]/mot": "a", "tour[1]/lot": "0.5", "tour[2]/mot": "b"}
    assert "tour[2]/lot" in refused(desk, **some)
    said = one(desk, **some, **{"tour[2]/lot": "0.25"})
    assert (said["tour[1]/lot"], said["tour[2]/lot"]) == ("0.5", "0.25")
