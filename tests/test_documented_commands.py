"""What docs/, README and CONTRIBUTING say to type exists: every command, sub-command and option."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from forms.commands import main as forms
from kiosk.commands import main as kiosk
from sync.desk.commands import main as desk
from sync.server.commands import main as server
from sync.verify import command_line

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("packaging/**/*.md"),
        *(one for one in ROOT.glob("packaging/systemd/*") if one.is_file()),
    ]
)
GROUPS: dict[str, click.Command] = {
    "parvis-forms": forms,
    "parvis-server": server,
    "parvis-desk": desk,
    "parvis-kiosk": kiosk,
}
_FENCE = re.compile(r"^```.*?^```", re.M | re.S)
_INLINE = re.compile(r"`([^`]+)`")
_COMMAND = re.compile(
    r"\s*(?:[$#]\s)?(?:(?:sudo|systemd-run|ExecStart=\S*xinit)\s(?:.*?\s)??)?(?:ExecStart=)?"
    r"(?:[\w./~-]*/)?(parvis-(?:forms|server|desk|kiosk|verify))(?![\w.-])"
)
_OPTION = re.compile(r"--[a-z][a-z-]*")
_FOREIGN = frozenset({"--help", "--version"})
# pip's, and those of tests.sync.power and tests.sync.pairs
_OTHERS = frozenset(
    {"--require-hashes", "--synchronous", "--postgresql", "--kill", "--slow-fsync", "--slow-blobs"}
)


def code_in(text: str, *, all_of_it: bool) -> Iterator[str]:
    """What stands in code: blocks line by line, a line that goes on with its next; and inline."""
    if all_of_it:
        yield from text.replace("\\\n", " ").split("\n")
        return
    for fence in _FENCE.findall(text):
        yield from fence.replace("\\\n", " ").split("\n")[1:-1]
    text = _FENCE.sub("", text)
    lines = text.replace("\\\n", " ").split("\n")
    yield from (line for line in lines if line.startswith("    "))
    prose = " ".join("" if line.startswith("    ") else line or "\0" for line in lines)
    for paragraph in prose.split("\0"):
        yield from _INLINE.findall(paragraph)


def commands_in(code: str) -> Iterator[list[str]]:
    """The commands of Parvis in a line, each as its words, without what is said of it after."""
    for piece in re.split(r"\s*(?:\||&&|;|  #)\s*|\s{3,}", code):
        piece = piece.partition(" -- ")[0].replace("-u parvis-kiosk ", "").replace("-u parvis ", "")
        found = _COMMAND.match(piece)
        if found is not None:
            yield [found[1], *piece[found.end() :].split()]


def wrong_with(words: list[str]) -> str:
    """What of a command there is not; "" where all of it is."""
    name, *rest = words
    if name == "parvis-verify":
        return wrong_with_verify(rest)
    command = GROUPS[name]
    options = {option for one in command.params for option in one.opts + one.secondary_opts}
    for word in rest:
        word = word.strip("[](),.:“”…'\"")
        if word.startswith("--"):
            option = _OPTION.match(word)
            if option is None or option[0] not in options | _FOREIGN:
                return f"{command.name or name} has no option {word}"
        elif isinstance(command, click.Group):
            if not re.fullmatch(r"[a-z][a-z-]*", word):
                break
            if word not in command.commands:
                return f"{name} has no command {word}"
            command = command.commands[word]
            options = {one for each in command.params for one in each.opts + each.secondary_opts}
    return ""


def verify_parsers() -> dict[str, argparse.ArgumentParser]:
    actions = command_line()._actions
    return next(dict(one.choices) for one in actions if isinstance(one, argparse._SubParsersAction))


def wrong_with_verify(rest: list[str]) -> str:
    parsers = verify_parsers()
    if not rest or not re.fullmatch(r"[a-z]+", rest[0]):
        return ""
    if rest[0] not in parsers:
        return f"parvis-verify has no command {rest[0]}"
    known = {option for one in parsers[rest[0]]._actions for option in one.option_strings}
    given = [found[0] for one in rest if (found := _OPTION.match(one.strip("[](),.")))]
    return next((f"parvis-verify {rest[0]} has no {one}" for one in given if one not in known), "")


def every_option(command: click.Command) -> Iterator[str]:
    for one in command.params:
        yield from one.opts + one.secondary_opts
    if isinstance(command, click.Group):
        for below in command.commands.values():
            yield from every_option(below)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    pieces = list(code_in(text, all_of_it=page.suffix != ".md"))
    wrong = [
        f"{' '.join(words)}: {what}"
        for code in pieces
        for words in commands_in(code)
        if (what := wrong_with(words))
    ]
    assert wrong == []


def helps(name: str, command: click.Command) -> Iterator[tuple[str, str]]:
    yield name, command.help or ""
    if isinstance(command, click.Group):
        for below, one in command.commands.items():
            yield from helps(f"{name} {below}", one)


@pytest.mark.parametrize("name", GROUPS)
def test_every_command_that_a_help_names_exists(name: str) -> None:
    wrong = [
        f"{whose}: {' '.join(words)}: {what}"
        for whose, text in helps(name, GROUPS[name])
        for line in text.replace("\\\n", " ").split("\n")
        for words in commands_in(line)
        if line.startswith(" ") or _INLINE.search(line)
        if (what := wrong_with(words))
    ]
    assert wrong == []


def test_every_option_that_a_page_names_alone_exists() -> None:
    known = {option for group in GROUPS.values() for option in every_option(group)}
    known |= _FOREIGN | _OTHERS
    for parser in verify_parsers().values():
        known.update(option for one in parser._actions for option in one.option_strings)
    alone = re.compile(r"(--[a-z][a-z-]*)(?:[ =].*)?")
    wrong = [
        f"{page.name}: {code}"
        for page in PAGES
        if page.suffix == ".md" and "decisions" not in page.parts
        for code in code_in(page.read_text(encoding="utf-8"), all_of_it=False)
        if (found := alone.fullmatch(code)) and found[1] not in known
    ]
    assert wrong == []


def test_what_does_not_exist_is_found() -> None:
    for code, what in (
        ("parvis-desk dance --now", "no command dance"),
        (".venv/bin/parvis-desk keys renews --keys x", "no command renews"),
        ("sudo -u parvis parvis-server run --dato x", "no option --dato"),
        ("parvis-kiosk people add Samia --pinn 1", "no option --pinn"),
        ("parvis-verify logs x", "no command logs"),
        ("cat x | parvis-server doctor --datas y", "no option --datas"),
    ):
        (words,) = commands_in(code)
        assert what in wrong_with(words)
    for code in ("parvis-desk pull … --cards", "parvis-server erase CODE", "`parvis-server` runs"):
        assert all(wrong_with(words) == "" for words in commands_in(code))
