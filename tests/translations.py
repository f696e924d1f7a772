"""The interface's words: are they all translated, and is the French well set?

`python -m tests.translations` tells. The code holds the French, as
docs/decisions/0001-french-msgids.md says; `assets/translations/` holds one `parvis.po` per other
language. A message is found where the kiosk's Python or kv says `_("…")`, `tr._("…")`,
`ngettext`, `pgettext`, `N_`, `tr.say(language, "…")`, `tr.plural("…", "…", n)`, or
`tr.say_plural(language, "…", "…", n)`.
"""

import ast
import re
import string
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tokenize import TokenError

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import PoFileError, read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("ar", "en", "es", "fr-x-falc", "pt", "tr", "uk", "zh")
"""What there must be; a folder more in assets/translations is checked as well."""

EASY_FRENCH = "fr-x-falc"
MOST_WORDS, MOST_EASY_WORDS = 15, 10
"""In a sentence of the interface, and in one of easy French."""

KEYWORDS = {**DEFAULT_KEYWORDS, "say": (2,), "plural": (1, 2), "say_plural": (2, 3)}
SPEAKING = ("kiosk", "sync/server/pages")
"""Where there are words of the interface."""

# Babel's Python extractor only looks at tokens, so that it reads kv as it is.
EXTRACTORS = {".py": "python", ".kv": "python", ".html": "jinja2.ext:babel_extract"}
NO_BREAK = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"


@dataclass(frozen=True)
class Finding:
    """One thing to put right: where it is, and what."""

    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


class UnreadableSourceError(Exception):
    """A file whose messages cannot be found; the message names it."""


def messages_of(root: Path) -> Catalog:
    """Every message that the kiosk and the public pages ask to translate, and where they do."""
    catalog = Catalog()
    for path in sorted(path for part in SPEAKING for path in (root / part).rglob("*")):
        if path.suffix not in EXTRACTORS:
            continue
        name = path.relative_to(root).as_posix()
        try:
            found = list(extract_from_file(EXTRACTORS[path.suffix], path, KEYWORDS))
        except (SyntaxError, TokenError, UnicodeDecodeError) as error:
            raise UnreadableSourceError(f"{name}: its words cannot be read ({error})") from error
        for line, message, _comments, context in found:
            catalog.add(message, locations=[(name, line)], context=context)
    return catalog


def check(root: Path = ROOT, must: Iterable[str] = LANGUAGES) -> list[Finding]:
    """Everything that is wrong with the interface's words, in reading order."""
    asked = messages_of(root)
    findings = [
        Finding(_place(message), f"“{text}” {problem}")
        for message in _said(asked)
        for text in _texts(message.id)
        for problem in (*typography(text), *length(text, MOST_WORDS))
    ]
    findings += hidden(root)
    for language in languages(root, must):
        findings += _check_language(root, language, asked)
    return findings


def hidden(root: Path) -> Iterator[Finding]:
    """Messages within f-strings: the extractor passes over them, and nobody translates them."""
    for path in sorted(path for part in SPEAKING for path in (root / part).rglob("*.py")):
        for joined in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(joined, ast.JoinedStr):
                continue
            for call in ast.walk(joined):
                if isinstance(call, ast.Call) and _asks_for_words(call):
                    place = f"{path.relative_to(root).as_posix()}:{call.lineno}"
                    yield Finding(place, "has a message within an f-string, where none is found")


def _asks_for_words(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", "") or getattr(call.func, "id", "")
    texts = [one for one in call.args if isinstance(one, ast.Constant) and type(one.value) is str]
    return name in KEYWORDS and bool(texts)


def languages(root: Path, must: Iterable[str] = LANGUAGES) -> list[str]:
    """The languages that need a catalogue: those that must be, and those begun."""
    begun = {path.parent.name for path in (root / "assets" / "translations").glob("*/parvis.po")}
    return sorted(begun.union(must))


def update(root: Path = ROOT, must: Iterable[str] = LANGUAGES) -> dict[str, int]:
    """Add what each language lacks with an empty translation; how many that was, per language.

    What the code no longer says is set aside as obsolete (`#~`), for its translation to be moved
    or deleted by hand; `check` names it until then.
    """
    added = {}
    asked = messages_of(root)
    for language in languages(root, must):
        path = _path(root, language)
        if path.is_file():
            catalog = _read(path, language)
        else:
            catalog = Catalog(locale=_locale(language), header_comment="")
        added[language] = sum(1 for message in _said(asked) if _held(catalog, message) is None)
        catalog.update(asked, no_fuzzy_matching=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_written(catalog, language))
    return added


def length(text: str, most: int) -> Iterator[str]:
    """What a plain language holds against a text: sentences of too many words."""
    for sentence in re.split(r"(?<=[.!?…:])\s+|\n", text):
        words = [word for word in sentence.split() if any(map(str.isalnum, word))]
        if len(words) > most:
            yield f"has a sentence of {len(words)} words (at most {most})"


def typography(text: str) -> Iterator[str]:
    """What French typography holds against a text, each as in "has a straight apostrophe"."""
    if "'" in text:
        yield "has a straight apostrophe (’ is meant)"
    if '"' in text:
        yield "has straight quotation marks (« » are meant)"
    if "..." in text:
        yield "has three dots (… is meant)"
    # A mark counts where a word or a sentence ends: not in 12:30, nor in an address.
    for mark in re.finditer(r"(?<![?!:;])[?!:;]+(?=[\s)\]»…]|$)|»", text):
        if mark.start() and text[mark.start() - 1] not in NO_BREAK:
            yield f"has no no-break space before {mark.group()}"
    if re.search(f"«(?![{NO_BREAK}])", text):
        yield "has no no-break space after «"


def _check_language(root: Path, language: str, asked: Catalog) -> Iterator[Finding]:
    path = _path(root, language)
    name = path.relative_to(root).as_posix()
    if not path.is_file():
        if _said(asked):
            yield Finding(name, "is missing; make it with python -m tests.translations --update")
        return
    try:
        catalog = _read(path, language)
    except (PoFileError, ValueError) as error:
        yield Finding(name, f"cannot be read ({error})")
        return
    for message in _said(asked):
        held = _held(catalog, message)
        if held is None or not all(_texts(held.string)):
            yield Finding(name, f"lacks “{_first(message)}” ({_place(message)})")
        elif held.fuzzy:
            yield Finding(name, f"is not sure of “{_first(message)}” (fuzzy)")
        else:
            yield from _check_placeholders(name, message, held)
            yield from _check_forms(name, message, held, catalog.num_plurals)
            if language == EASY_FRENCH:
                for text in _texts(held.string):
                    for problem in (*typography(text), *length(text, MOST_EASY_WORDS)):
                        yield Finding(name, f"“{text}” {problem}")
    for message in _said(catalog):
        if asked.get(message.id, message.context) is None:
            yield Finding(name, f"still has “{_first(message)}”, which is said nowhere")
    for message in catalog.obsolete.values():
        yield Finding(name, f"still has “{_first(message)}”, which is obsolete")


def _check_forms(name: str, message: Message, held: Message, forms: int) -> Iterator[Finding]:
    """Each language has its own number of plural forms, and all are wanted."""
    if message.pluralizable and len(_texts(held.string)) != forms:
        yield Finding(
            name, f"“{_first(message)}” has {len(_texts(held.string))} plural forms of {forms}"
        )


def _check_placeholders(name: str, message: Message, held: Message) -> Iterator[Finding]:
    wanted = set().union(*map(_placeholders, _texts(message.id)))
    texts = _texts(held.string)
    for at, text in enumerate(texts):
        try:
            found = _placeholders(text)
        except ValueError as error:
            yield Finding(name, f"“{text}” has broken placeholders ({error})")
            continue
        # A form for one or two may leave the number out ("one question"); the last form may not.
        if found == wanted or (at < len(texts) - 1 and found <= wanted):
            continue
        yield Finding(
            name, f"“{text}” has {_listed(found)} where “{_first(message)}” has {_listed(wanted)}"
        )


def _placeholders(text: str) -> set[str]:
    """The names in braces, as str.format reads them."""
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


def _listed(placeholders: set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(placeholders)) or "no placeholder"


def _said(catalog: Catalog) -> list[Message]:
    """The catalogue's messages without its header."""
    return [message for message in catalog if message.id]


def _texts(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """One text, or each form of a plural."""
    return (text,) if isinstance(text, str) else tuple(text or ("",))


def _first(message: Message) -> str:
    return _texts(message.id)[0]


def _place(message: Message) -> str:
    file, line = message.locations[0]
    return f"{file}:{line}"


def _held(catalog: Catalog, message: Message) -> Message | None:
    """The same message in a language's catalogue; None where only one of them has a plural."""
    held = catalog.get(message.id, message.context)
    return held if held is not None and held.pluralizable == message.pluralizable else None


def _path(root: Path, language: str) -> Path:
    return root / "assets" / "translations" / language / "parvis.po"


def _read(path: Path, language: str) -> Catalog:
    with path.open("rb") as source:
        return read_po(source, locale=_locale(language), abort_invalid=True)


def _locale(language: str) -> str:
    """What babel knows it as: a private variety counts as its language does."""
    return language.partition("-x-")[0].replace("-", "_")


def _written(catalog: Catalog, language: str) -> bytes:
    """The catalogue as a file, without dates and line numbers: it changes where its messages do.

    What its head says in comments, such as who reviewed it, stays.
    """
    comment = catalog.header_comment
    body = BytesIO()
    write_po(body, catalog, width=100, omit_header=True, sort_by_file=True, include_lineno=False)
    header = (
        (f"{comment}\n" if comment else "") + 'msgid ""\n'
        'msgstr ""\n'
        f'"Language: {_locale(language)}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )
    return header.encode() + body.getvalue().lstrip()


@click.command()
@click.option("--update", "add", is_flag=True, help="Add what a language lacks, untranslated.")
@click.option(
    "--root",
    default=ROOT,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The project's folder.",
)
@click.option("--must", multiple=True, default=LANGUAGES, help="A language that there must be.")
def main(add: bool, root: Path, must: tuple[str, ...]) -> None:
    """Check the interface's words: exit 1, naming each, where one lacks or is wrong.

    Example: python -m tests.translations --update
    """
    try:
        if add:
            for language, count in update(root, must).items():
                click.echo(f"{language}: {count} added")
            return
        findings = check(root, must)
    except (UnreadableSourceError, PoFileError) as error:
        sys.exit(str(error))
    for finding in findings:
        click.echo(str(finding), err=True)
    if findings:
        sys.exit(f"{len(findings)} to put right in the interface's words.")


if __name__ == "__main__":
    main()
