"""The check of the interface's words, against small trees."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.translations import check, main, typography, update

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
SCREEN = """<Screen>:
    title: tr._('Question {n} sur {total}').format(n=root.n, total=root.total)
    colour: '#E4EAFD'
"""

BOTH = ("ar", "en")
Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A project of the files given by path, and complete words in both languages unless given."""

    def plant(**files: str) -> Path:
        (tmp_path / "kiosk").mkdir(exist_ok=True)
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return plant


def words(*pairs: tuple[str, str]) -> str:
    return HEADER + "".join(f'msgid "{said}"\nmsgstr "{told}"\n\n' for said, told in pairs)


def po(language: str) -> str:
    return f"assets/translations/{language}/parvis.po"


def problems(root: Path) -> list[str]:
    return [str(finding) for finding in check(root, BOTH)]


def test_words_said_in_python_and_in_kv_must_be_in_every_language(tree: Tree) -> None:
    root = tree(
        **{
            "kiosk/screens/end.py": 'thanks = _("Merci")\ntr.say("fr", "Bonjour")\n',
            "kiosk/screens/question.kv": SCREEN,
            po("en"): words(("Merci", "Thank you"), ("Bonjour", "Hello")),
            po("ar"): words(("Merci", ""), ("Question {n} sur {total}", "السؤال {n} من {total}")),
        }
    )
    assert problems(root) == [
        f"{po('ar')}: lacks “Merci” (kiosk/screens/end.py:1)",
        f"{po('ar')}: lacks “Bonjour” (kiosk/screens/end.py:2)",
        f"{po('en')}: lacks “Question {{n}} sur {{total}}” (kiosk/screens/question.kv:2)",
    ]


def test_words_within_an_f_string_are_named(tree: Tree) -> None:
    code = "a = f\"{tr._('Plus haut')}. {name}\"\nb = f\"{tr.date(day)} {one['two']}\"\n"
    root = tree(**{"kiosk/a.py": code, po("ar"): words(), po("en"): words()})
    told = [str(one) for one in check(root, BOTH) if "f-string" in one.problem]
    assert told == ["kiosk/a.py:1: has a message within an f-string, where none is found"]


def test_a_missing_language_is_named_once(tree: Tree) -> None:
    root = tree(
        **{"kiosk/a.py": '_("Oui")\n_("Non")\n', po("en"): words(("Oui", "Yes"), ("Non", "No"))}
    )
    assert problems(root) == [
        f"{po('ar')}: is missing; make it with python -m tests.translations --update"
    ]


@pytest.mark.parametrize(
    ("translation", "problem"),
    [
        ("Question {m}", "“Question {m}” has {m} where “Question {n}” has {n}"),
        ("Question", "“Question” has no placeholder where “Question {n}” has {n}"),
        (
            "Question {n",
            "“Question {n” has broken placeholders (expected '}' before end of string)",
        ),
    ],
)
def test_placeholders_must_be_the_same(tree: Tree, translation: str, problem: str) -> None:
    root = tree(
        **{
            "kiosk/a.py": '_("Question {n}").format(n=1)\n',
            po("en"): words(("Question {n}", translation)),
            po("ar"): words(("Question {n}", "السؤال {n}")),
        }
    )
    assert problems(root) == [f"{po('en')}: {problem}"]


def test_a_plural_may_leave_the_number_out_but_not_in_its_last_form(tree: Tree) -> None:
    code = 'ngettext("{n} réponse", "{n} réponses", n)\n'
    plural = HEADER + 'msgid "{n} réponse"\nmsgid_plural "{n} réponses"\n'
    arabic = "".join(f'msgstr[{n}] "{{n}} أجوبة"\n' for n in range(6))
    root = tree(
        **{
            "kiosk/a.py": code,
            po("en"): plural + 'msgstr[0] "one answer"\nmsgstr[1] "{n} answers"\n',
            po("ar"): plural + arabic,
        }
    )
    assert problems(root) == []
    tree(**{po("en"): plural + 'msgstr[0] "{n} answer"\nmsgstr[1] "many answers"\n'})
    assert problems(root) == [
        f"{po('en')}: “many answers” has no placeholder where “{{n}} réponse” has {{n}}"
    ]


def test_what_is_no_longer_said_and_what_is_unsure_is_named(tree: Tree) -> None:
    root = tree(
        **{
            "kiosk/a.py": '_("Oui")\n',
            po("en"): words(("Oui", "Yes"), ("Adieu", "Farewell"))
            + '#~ msgid "Si"\n#~ msgstr "If"\n',
            po("ar"): HEADER + '#, fuzzy\nmsgid "Oui"\nmsgstr "نعم"\n',
        }
    )
    assert problems(root) == [
        f"{po('ar')}: is not sure of “Oui” (fuzzy)",
        f"{po('en')}: still has “Adieu”, which is said nowhere",
        f"{po('en')}: still has “Si”, which is obsolete",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("L'aide", "has a straight apostrophe (’ is meant)"),
        ("Merci !", "has no no-break space before !"),
        ("Pourquoi?", "has no no-break space before ?"),
        ("Votre code :", "has no no-break space before :"),
        ("Oui ; non", "has no no-break space before ;"),
        ("(Vraiment ?)", "has no no-break space before ?"),
        ("« Oui\N{NO-BREAK SPACE}»", "has no no-break space after «"),
        ("«\N{NO-BREAK SPACE}Oui »", "has no no-break space before »"),
        ('Le "code"', "has straight quotation marks (« » are meant)"),
        ("Un moment...", "has three dots (… is meant)"),
    ],
)
def test_french_that_is_not_well_set_is_named(text: str, problem: str) -> None:
    assert list(typography(text)) == [problem]


@pytest.mark.parametrize(
    "text",
    [
        "L’aide\N{NO-BREAK SPACE}: oui\N{NARROW NO-BREAK SPACE}?!",
        "«\N{NO-BREAK SPACE}Pourquoi\N{NARROW NO-BREAK SPACE}?\N{NO-BREAK SPACE}»",
        "À 12:30, sur https://exemple.fr.",
        "?",
    ],
)
def test_french_that_is_well_set_passes(text: str) -> None:
    assert list(typography(text)) == []


def test_badly_set_french_in_the_code_is_named_with_its_place(tree: Tree) -> None:
    root = tree(
        **{
            "kiosk/a.py": '\n_("Pourquoi ?")\n',
            po("en"): words(("Pourquoi ?", "Why?")),
            po("ar"): words(("Pourquoi ?", "لماذا؟")),
        }
    )
    assert problems(root) == ["kiosk/a.py:2: “Pourquoi ?” has no no-break space before ?"]


def test_updating_adds_what_is_missing_keeps_the_rest_and_changes_nothing_the_second_time(
    tree: Tree,
) -> None:
    root = tree(
        **{
            "kiosk/a.py": '_("Oui")\n_("Non")\n',
            po("en"): words(("Oui", "Yes"), ("Adieu", "Farewell")),
        }
    )
    assert update(root, BOTH) == {"ar": 2, "en": 1}
    assert problems(root) == [
        f"{po('ar')}: lacks “Oui” (kiosk/a.py:1)",
        f"{po('ar')}: lacks “Non” (kiosk/a.py:2)",
        f"{po('en')}: lacks “Non” (kiosk/a.py:2)",
        f"{po('en')}: still has “Adieu”, which is obsolete",
    ]
    written = (root / po("en")).read_bytes()
    assert b'msgstr "Yes"' in written
    assert update(root, BOTH) == {"ar": 0, "en": 0}
    assert (root / po("en")).read_bytes() == written


def test_updating_keeps_what_a_catalogue_says_of_itself(tree: Tree) -> None:
    head = "# Translated by machine; unreviewed.\n# Second line.\n"
    root = tree(**{"kiosk/a.py": '_("Oui")\n', po("en"): head + words(("Oui", "Yes"))})
    update(root, BOTH)
    assert (root / po("en")).read_text("utf-8").startswith(f'{head}msgid ""\n')
    assert (root / po("ar")).read_text("utf-8").startswith('msgid ""\n')


def test_the_command_fails_naming_each_and_passes_when_all_is_well(tree: Tree) -> None:
    root = tree(**{"kiosk/a.py": '_("Oui")\n', po("en"): words(("Oui", "Yes"))})
    run = CliRunner().invoke(main, ["--must", "ar", "--must", "en", "--root", str(root)])
    assert run.exit_code == 1
    assert f"{po('ar')}: is missing" in run.output
    tree(**{po("ar"): words(("Oui", "نعم"))})
    run = CliRunner().invoke(main, ["--must", "ar", "--must", "en", "--root", str(root)])
    assert (run.exit_code, run.output) == (0, "")


@pytest.mark.parametrize("code", ['_("Oui\n', 'if x:\n        a\n    _("Oui")\n'])
def test_a_source_that_cannot_be_read_is_a_sentence(tree: Tree, code: str) -> None:
    run = CliRunner().invoke(
        main, ["--must", "ar", "--must", "en", "--root", str(tree(**{"kiosk/a.py": code}))]
    )
    assert run.exit_code == 1
    assert "kiosk/a.py: its words cannot be read" in run.output


def test_a_catalogue_that_cannot_be_read_is_a_sentence(tree: Tree) -> None:
    root = tree(
        **{"kiosk/a.py": '_("Oui")\n', po("en"): "msgid Oui\n", po("ar"): words(("Oui", "نعم"))}
    )
    run = CliRunner().invoke(main, ["--must", "ar", "--must", "en", "--root", str(root)])
    assert run.exit_code == 1
    assert f"{po('en')}: cannot be read" in run.output
