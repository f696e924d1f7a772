"""`parvis-forms` in a terminal: one sentence for each mistake, and an exit code to go by."""

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path
from time import monotonic

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from forms.catalogue import consultations, find
from forms.commands import main
from forms.engine import Entry
from forms.xform import read_form
from forms.xform.texts import plain
from forms.xlsform import compile_form
from tests.forms.writing import written
from tests.waiting import LONG

FORM = written("going.md")


@pytest.fixture
def form(tmp_path: Path) -> Path:
    path = tmp_path / "form.md"
    path.write_text(FORM, encoding="utf-8")
    return path


def run(*words: str | Path, says: str = "") -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words], input=says)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_check_says_that_a_form_is_in_order(form: Path) -> None:
    result = run("check", form)
    assert (result.exit_code, result.stdout) == (
        0,
        "form.md is in order: 4 questions, in English (en), Français (fr).\n",
    )


def test_check_tells_every_mistake_on_a_line_and_ends_with_1(tmp_path: Path) -> None:
    path = tmp_path / "form.md"
    path.write_text("| survey |\n| | type | name | label |\n| | txt | a b | A |\n")
    result = run("check", path)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 2
    assert all(line.startswith("survey, row 3, column ") for line in result.stderr.splitlines())


@pytest.mark.parametrize("command", ["check", "compile", "fill", "walk"])
def test_a_missing_file_is_a_sentence(tmp_path: Path, command: str) -> None:
    more = {"compile": ["-o", str(tmp_path / "out")], "walk": [str(tmp_path / "w.json")]}
    for name in ("absent.xlsx", "absent.xml"):
        result = run(command, tmp_path / name, *more.get(command, []))
        assert result.exit_code == 1
        assert len(result.stderr.splitlines()) == 1
        assert "absent" in result.stderr


def test_compile_writes_a_folder_that_can_be_filled(form: Path, tmp_path: Path) -> None:
    assert run("compile", form, "-o", tmp_path / "out").exit_code == 0
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"name": "Ana", "/data/goes": "yes", "times": 3}))
    words = ["fill", tmp_path / "out" / "form.xml", "--answers", answers, "--format", "json"]
    result = run(*words)
    assert result.exit_code == 0
    fields = json.loads(result.stdout)
    assert list(fields.items())[:3] == [
        ("/data/name", "Ana"),
        ("/data/goes", "yes"),
        ("/data/times", "3"),
    ]


def test_fill_prints_the_instance_or_writes_it(form: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text('{"name": "Ana"}')
    printed = run("fill", form, "--answers", answers)
    assert "<name>Ana</name>" in printed.stdout
    assert run("fill", form, "--answers", answers, "-o", tmp_path / "a.xml").stdout == ""
    assert b"<name>Ana</name>" in (tmp_path / "a.xml").read_bytes()


def test_answers_that_do_not_fit_are_all_named(form: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text('{"name": "Ana", "goes": "yes", "times": 9, "colour": "red"}')
    result = run("fill", form, "--answers", answers, "--language", "fr")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "/data/times: Une semaine a 7 jours",
        "colour: the form does not ask this, or not with these answers.",
    ]


@pytest.mark.parametrize("content", ["[1]", "{", '{"name": {"a": 1}}'])
def test_a_file_without_answers_is_a_sentence(form: Path, tmp_path: Path, content: str) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text(content)
    result = run("fill", form, "--answers", answers)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1


def test_what_is_required_is_asked_for(form: Path) -> None:
    result = run("fill", form)
    assert result.exit_code == 1
    assert "/data/name" in result.stderr


def test_a_language_that_the_form_has_not_is_a_sentence(form: Path) -> None:
    result = run("fill", form, "--language", "ar")
    assert result.exit_code == 1
    assert "only in English (en), Français (fr)" in result.stderr


def test_an_interview_goes_on_back_and_over_mistakes(form: Path) -> None:
    says = "\nAna\n3\n1\n9\n<\n\n5\n"
    result = run("fill", form, "--interactive", "--format", "json", says=says)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) | {"/data/meta/instanceID": ""} == {
        "/data/name": "Ana",
        "/data/goes": "yes",
        "/data/times": "5",
        "/data/meta/instanceID": "",
    }
    for line in (
        "An answer is needed here.",
        "Type one number, from 1 to 2.",
        "A week has 7 days",
        "  ● 1. Yes",
        "Bye Ana",
    ):
        assert line in result.stderr


KEYS = """
| survey |
| | type | name | label | required | required_message | relevant |
| | integer | rooms | Rooms? | yes | | |
| | integer | keys | Keys? | yes | | |
| | note | stop | More keys than rooms. | yes | Change one of them. | ${keys} > ${rooms} |
| | text | remark | A remark? | | | |
"""


def test_an_interview_does_not_go_past_a_required_note_until_it_is_gone(tmp_path: Path) -> None:
    form = tmp_path / "keys.md"
    form.write_text(KEYS)
    result = run("fill", form, "--interactive", "--format", "json", says="3\n5\n\n2\nFine\n")
    assert result.exit_code == 0
    fields = json.loads(result.stdout)
    assert (fields["/data/keys"], fields["/data/remark"]) == ("2", "Fine")
    assert result.stderr.count("Change one of them.") == 1
    assert result.stderr.count("A remark?") == 1


def test_an_interview_cut_short_writes_nothing(form: Path) -> None:
    result = run("fill", form, "--interactive", says="Ana\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing was written" in result.stderr


@pytest.mark.parametrize("command", ["check", "compile", "fill", "walk"])
def test_help_shows_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"parvis-forms {command}" in result.stdout


TRY = """
| survey |
| | type | name | label::English (en) | label::Français (fr) |
| | begin_repeat | child | Child | Enfant |
| | select_one c | likes | Colour | Couleur |
| | end_repeat | | | |
| | acknowledge | sure | Sure? | Sûr ? |
| choices |
| | list_name | name | label::English (en) | label::Français (fr) |
| | c | r | Red | Rouge |
| | c | g | Green | Vert |
"""


def test_an_interview_repeats_changes_language_and_explains(tmp_path: Path) -> None:
    path = tmp_path / "form.md"
    path.write_text(TRY, encoding="utf-8")
    says = "3\n:fr\n:xx\n?\n1\ny\n2\nn\nperhaps\ny\n"
    result = run("fill", path, "--interactive", "--format", "json", says=says)
    assert result.exit_code == 0, result.stderr
    fields = json.loads(result.stdout)
    assert (fields["/data/child[1]/likes"], fields["/data/child[2]/likes"]) == ("r", "g")
    for told in (
        "— Child 1 —",
        "Type one number, from 1 to 2.",
        "Couleur",
        "The form is not in “xx”",
        "shows this again",
        "Add another: Enfant? y/N",
        "— Enfant 2 —",
        "Type y to confirm",
    ):
        assert told in result.stderr


def test_new_lists_the_catalogue() -> None:
    result = run("new")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == len(consultations())


@pytest.mark.parametrize("name", [entry.name for entry in consultations()])
def test_new_writes_a_spreadsheet_that_is_the_same_form(tmp_path: Path, name: str) -> None:
    path = tmp_path / "ours.xlsx"
    assert run("new", name, "-o", path).exit_code == 0
    assert run("check", path).exit_code == 0
    assert (tmp_path / "ours.notice.json").is_file()
    ours, theirs = (read_form(compile_form(one).xml) for one in (path, find(name).form))
    assert [(q.field.path, q.kind, q.label) for q in ours.questions] == [
        (q.field.path, q.kind, q.label) for q in theirs.questions
    ]
    said, meant = (
        [(*place, plain(text).replace("\xa0", " ")) for *place, text in one.texts.templates()]
        for one in (ours, theirs)
    )
    assert sorted(said) == sorted(meant)  # pyxform makes no-break spaces of .xlsx plain ones


def test_new_says_what_to_do_next_and_explains_the_form_on_a_sheet_of_its_own(
    tmp_path: Path,
) -> None:
    (tmp_path / "our forms").mkdir()
    result = run("new", "budget", "-o", tmp_path / "our forms")
    path = tmp_path / "our forms" / "budget.xlsx"
    assert f"parvis-forms check '{path}'" in result.stdout
    book = load_workbook(path)
    assert book.sheetnames[0] == "survey"
    assert "Changez un coût dans les deux feuilles" in str(list(book["_lisez-moi"].values))
    assert compile_form(path).warnings == ()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("nothing",), "holds no consultation named “nothing”"),
        (("democratie", "-o", "a.ods"), "has to end in .xlsx"),
        (("democratie", "-o", "there.xlsx"), "is there already"),
        (("democratie", "-o", "nowhere/a.xlsx"), "The folder nowhere is not there"),
    ],
)
def test_new_refuses_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.xlsx").write_bytes(b"")
    result = run("new", *words)
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_repeat_with_no_instance_yet_is_offered(tmp_path: Path) -> None:
    path = tmp_path / "family.md"
    path.write_text(
        """| survey |
| | type | name | label |
| | begin repeat | child | Child |
| | text | name | First name |
| | begin repeat | toy | Toy |
| | text | what | What |
| | end repeat | | |
| | end repeat | | |
""",
        encoding="utf-8",
    )
    says = "Bob\ncar\n\ny\nEve\ny\ndoll\n\n\n"
    result = run("fill", path, "--interactive", "--format", "json", says=says)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["/data/child[2]/toy[1]/what"] == "doll"
    assert "Add one: Toy? y/N" in result.stderr


def test_check_says_where_a_purse_and_its_constraint_do_not_agree(tmp_path: Path) -> None:
    form = tmp_path / "budget.md"
    form.write_text(find("budget").form.read_text(encoding="utf-8").replace("* 6000", "* 5000"))
    result = run("check", form)
    assert result.exit_code == 1
    assert "survey, row 13, column constraint (D): The constraint accepts" in result.stderr


TOWNS = (
    "| survey |\n| | type | name | label |\n| | select_one towns | town | Where do you live? |\n"
    "| choices |\n| | list_name | name | label |\n"
    + "".join(f"| | towns | t{number} | Town {number} |\n" for number in range(1, 2001))
)


def test_fill_finds_a_choice_among_thousands_by_a_part_of_its_name(tmp_path: Path) -> None:
    path = tmp_path / "form.md"
    path.write_text(TOWNS)
    result = run("fill", path, "--interactive", "--format", "json", says="town 199\nvalley\n1993\n")
    assert "30. Town 30\n  … and 1970 more" in result.stderr
    assert "1999. Town 1999" in result.stderr
    assert "31. Town 31" not in result.stderr
    assert "Type one number, from 1 to 2000." in result.stderr
    assert json.loads(result.stdout)["/data/town"] == "t1993"


class Terminal:
    """`parvis-forms` in a real terminal of 50 columns."""

    def __init__(self, *words: str | Path) -> None:
        self.master, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 50, 0, 0))
        # Python leaves Ctrl-C ignored where a shell's & had it so.
        run = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        run += "from forms.commands import main; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", run, *map(str, words)],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env={name: value for name, value in os.environ.items() if name != "COLUMNS"},
            start_new_session=True,
        )
        os.close(inner)
        self.shown = ""

    def until(self, text: str) -> str:
        """What was shown, once it holds a text."""
        end = monotonic() + LONG
        while text not in self.shown:
            assert monotonic() < end, self.shown
            self.shown += os.read(self.master, 4096).decode()
        return self.shown

    def type(self, text: str) -> None:
        """As if from the keys."""
        os.write(self.master, text.encode())

    def stop(self) -> int:
        """Press Ctrl-C; the command's exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(LONG)


def test_fill_breaks_lines_between_words_and_stops_at_ctrl_c(tmp_path: Path) -> None:
    path = tmp_path / "form.md"
    question = "Which of the places that the town wants to change do you go to most often in a week"
    path.write_text(f"| survey |\n| | type | name | label |\n| | text | a | {question} |\n")
    terminal = Terminal("fill", path, "--interactive", "-o", tmp_path / "answer.xml")
    shown = terminal.until("text > ")
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 50
    assert question in " ".join(line.strip() for line in lines)
    terminal.type("the lib")
    assert terminal.stop() == 1
    assert "The form was not finished, and nothing was written." in terminal.until("written.")
    assert not (tmp_path / "answer.xml").exists()


PICTURED = """
| survey |
| | type | name | label | media::image |
| | text | a | A | http://example.org/map.png |
| | select_one l | b | B | |
| choices |
| | list_name | name | label | media::image |
| | l | x | X | https://example.org/x.jpg |
| | l | y | Y | y.jpg |
"""


def test_a_picture_at_an_address_is_absent_and_check_says_so(tmp_path: Path) -> None:
    form = tmp_path / "form.md"
    form.write_text(PICTURED)
    (tmp_path / "y.jpg").write_bytes(b"picture")
    checked = run("check", form)
    assert checked.exit_code == 0
    for address in ("http://example.org/map.png", "https://example.org/x.jpg"):
        assert f"what is at {address} is absent." in checked.stderr
    compiled = compile_form(form)
    assert [file.name for file in compiled.media] == ["y.jpg"]
    first, second = Entry(read_form(compiled.xml)).steps()
    assert first.media == {}
    assert [dict(choice.media) for choice in second.choices] == [{}, {"image": "y.jpg"}]
    (tmp_path / "form.xml").write_bytes(compiled.xml)
    assert "https://example.org/x.jpg" in run("check", tmp_path / "form.xml").stderr
