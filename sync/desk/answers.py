"""Themes and answers: read from the organiser's tables, and published to the server, signed.

`themes.csv` has a row for each theme: `theme`, the word by which rows of contributions name it;
`title` and `answer`, or `title::fr`, `answer::ar`, as an XLSForm writes languages; `link`.
The table of contributions is the one that `parvis-desk export` writes, with one more column `theme`
(several, separated by spaces). A contribution in it was read; without a theme, read and no more.
"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from forms.xform import read_form
from sync.answers import LARGEST_STATES, MOST_STATES, Answers, Labelled, State, Theme, write_states
from sync.client.wire import Answer, NetworkTrouble, Wire
from sync.contribution import contribution_id
from sync.desk.export import FIXED, unprotected
from sync.desk.store import DeskStore
from sync.desk.tables import columns
from sync.enrolment import server_address
from sync.errors import SyncError
from sync.keys import signing_key_id
from sync.signatures import RequestParts, sign_request
from sync.statement import ForgedStatement, Statement, UnreadableStatement
from sync.verify import commitment_of

_BYTES_AT_ONCE = LARGEST_STATES // 2
_WAIT_SECONDS = 60
_TRIES = 5


class BadTable(SyncError):
    """A table of themes or contributions cannot be used; the message says where and why."""


class NotTaken(SyncError):
    """The server does not take what is published; the message says why."""


@dataclass(frozen=True)
class Sorted:
    """What the organiser did with contributions.

    Attributes:
        themes: in the order of their table.
        states: of every contribution that was read.
    """

    themes: tuple[Theme, ...]
    states: tuple[State, ...]


def read_themes(path: Path) -> dict[str, Theme]:
    """The organiser's themes, by the word that names them.

    Raises:
        BadTable: it cannot be read, or a row is wrong.
    """
    found: dict[str, Theme] = {}
    for place, row in _rows(path, "theme"):
        name = row["theme"].strip()
        if not name or " " in name:
            raise BadTable(f"{path}, line {place}: a theme is named by one word, such as “velo”.")
        if name in found:
            raise BadTable(f"{path}, line {place}: the theme “{name}” is there twice.")
        theme = Theme(_spoken(row, "title"), _spoken(row, "answer"), row.get("link", "").strip())
        if not theme.title:
            raise BadTable(f"{path}, line {place}: the theme “{name}” has no title.")
        if theme.link and not theme.link.startswith(("https://", "http://")):
            raise BadTable(f"{path}, line {place}: a link begins with https://.")
        found[name] = theme
    return found


def read_sorted(path: Path, themes: Mapping[str, Theme], known: Iterable[str]) -> dict[str, State]:
    """Where the contributions of a table stand, by their ids.

    Args:
        path: of the table.
        themes: by name, in the order in which they are published.
        known: ids of the contributions that the desk holds.

    Raises:
        BadTable: it cannot be read, or names a theme or a contribution that there is not.
    """
    places = {name: place for place, name in enumerate(themes)}
    held = set(known)
    found: dict[str, State] = {}
    for line, row in _rows(path, "id"):
        id_ = row["id"].strip()
        if id_ not in held:
            raise BadTable(
                f"{path}, line {line}: the store holds no contribution “{id_}”. Keep the column "
                "“id” as parvis-desk export wrote it."
            )
        named = row.get("theme", "").split()
        unknown = [name for name in named if name not in places]
        if unknown:
            raise BadTable(f"{path}, line {line}: there is no theme “{unknown[0]}”.")
        found[id_] = State(bytes.fromhex(id_), tuple(dict.fromkeys(places[one] for one in named)))
    return found


def read_published(path: Path, consultation: str) -> dict[str, str]:
    """The lines of a published data set (`parvis-desk open-data`), by contribution id.

    Raises:
        BadTable: it cannot be read, or a line is no published contribution.
    """
    found: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8") as lines:
            for place, line in enumerate(lines, 1):
                try:
                    commitment = commitment_of(json.loads(line)["leaves"])
                except (ValueError, KeyError, TypeError, AttributeError):
                    raise BadTable(
                        f"{path}, line {place}: this is no published contribution. Make the file "
                        "with parvis-desk open-data."
                    ) from None
                found[contribution_id(consultation, commitment).hex()] = line.strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadTable(f"{path} cannot be read ({error}).") from None
    return found


def labels(store: DeskStore, consultation: str, published: Iterable[str]) -> dict[str, Labelled]:
    """How the fields of published contributions are shown, in every language of the form."""
    values: dict[str, set[str]] = {}
    for line in published:
        for leaf in json.loads(line)["leaves"]:
            if len(leaf) == 3:
                values.setdefault(leaf[0], set()).add(leaf[1])
    held = [one for one in store.consultations() if one.id == consultation]
    forms = [read_form(one.form, media=one.media) for one in held]
    languages = dict.fromkeys(name for form in forms for name in form.languages) or {"": None}
    label: dict[str, dict[str, str]] = {}
    choices: dict[str, dict[str, dict[str, str]]] = {}
    several: set[str] = set()
    for language in languages:
        tag = _tag(language, held[0].title if held else {})
        spoken = columns(forms, values, FIXED, labels=True, language=language)
        named = columns(forms, values, FIXED)
        for one, plain in zip(spoken, named, strict=True):
            if one.path not in values:
                continue
            label.setdefault(one.path, {})[tag] = one.heading.removesuffix(f" ({plain.heading})")
            if one.several:
                several.add(one.path)
            for value in values[one.path]:
                for name in value.split() if one.several else [value]:
                    if name in one.labels:
                        choices.setdefault(one.path, {}).setdefault(name, {})[tag] = one.labels[
                            name
                        ]
    return {
        path: Labelled(texts, choices.get(path, {}), path in several)
        for path, texts in label.items()
    }


class AnswersDesk:
    """Publishes an organiser's answers on one server.

    Args:
        url: the server's address.
        organiser: signs.
        ca_bundle: certificates of a private authority; None for the system's.
    """

    def __init__(
        self, url: str, organiser: Ed25519PrivateKey, *, ca_bundle: str | None = None
    ) -> None:
        self._wire = Wire(server_address(url), ca_bundle=ca_bundle)
        self._organiser = organiser
        self._key_id = signing_key_id(organiser.public_key()).hex()

    def close(self) -> None:
        """Let go of open connections."""
        self._wire.close()

    def number(self, consultation: str) -> int:
        """The number of what is published there now; 0 for nothing.

        Raises:
            NotTaken, NetworkTrouble: the server does not say.
        """
        answer = self._ask("GET", f"/v1/consultations/{consultation}/answers")
        if answer.status == 404 and answer.problem.name == "not-found":
            return 0
        if answer.status != 200:
            raise _not_taken(answer)
        try:
            return int(Statement(answer.body).text("number"))
        except (UnreadableStatement, ForgedStatement, ValueError):
            raise NetworkTrouble(
                "What answers there is not a Parvis server. Check the address and the network."
            ) from None

    def publish(
        self,
        answers: Answers,
        states: Sequence[State],
        progress: Callable[[int, int], None] = lambda _done, _of: None,
    ) -> None:
        """Bring answers and states to the server; the same again does no harm.

        Args:
            answers: numbered above what is published.
            states: of every contribution that was read.
            progress: told how many states are there, of how many.

        Raises:
            NotTaken, NetworkTrouble: the server does not take them.
        """
        path = f"/v1/consultations/{answers.consultation}/answers"
        self._bring("PUT", path, answers.sign(self._organiser))
        done = 0
        for part, last in _parts(states):
            self._bring("POST", f"{path}/{answers.number}", write_states(part, last=last))
            done += len(part)
            progress(done, len(states))

    def _bring(self, method: str, path: str, body: bytes) -> None:
        for _ in range(_TRIES):
            answer = self._ask(method, path, body)
            if answer.status not in (429, 503):
                break
            time.sleep(min(answer.problem.retry_after or 5, _WAIT_SECONDS))
        if answer.status != 204:
            raise _not_taken(answer)

    def _ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        parts = RequestParts.of(method, self._wire.url + path)
        headers = sign_request(parts, body, self._organiser, self._key_id, int(time.time()))
        return self._wire.ask(method, path, body, headers, most=16 * 1024 * 1024)


def publication(
    consultation: str,
    number: int,
    day: date,
    themes: Iterable[Theme],
    questions: Mapping[str, Labelled],
) -> Answers:
    """The answers to be signed."""
    return Answers(consultation, number, day, tuple(themes), questions)


def _not_taken(answer: Answer) -> SyncError:
    if answer.problem.name:
        return NotTaken(answer.problem.detail)
    return NetworkTrouble(
        "What answers there is not a Parvis server. Check the address and the network."
    )


def _parts(states: Sequence[State]) -> Iterator[tuple[list[State], bool]]:
    """As many at a time as a request may have; at least one part, so that there is a last one."""
    part: list[State] = []
    size = 0
    for one in states:
        weight = 100 + 2 * len(one.published.encode())
        if part and (len(part) == MOST_STATES or size + weight > _BYTES_AT_ONCE):
            yield part, False
            part, size = [], 0
        part.append(one)
        size += weight
    yield part, True


def _rows(path: Path, needed: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells of each row, whatever separator the spreadsheet program wrote."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            heading = file.readline()
            file.seek(0)
            separator = max(",;\t", key=heading.count)
            reader = csv.DictReader(file, delimiter=separator, restval="")
            if needed not in (reader.fieldnames or ()):
                raise BadTable(f"{path} has no column “{needed}”.")
            for row in reader:
                cells = {name: unprotected(cell) for name, cell in row.items() if name is not None}
                if any(cell.strip() for cell in cells.values()):
                    yield reader.line_num, cells
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadTable(f"{path} cannot be read ({error}). Save it as CSV, in UTF-8.") from None


def _spoken(row: Mapping[str, str], column: str) -> dict[str, str]:
    """A text by language: `title` is French, `title::ar` and `title::Arabic (ar)` Arabic."""
    found: dict[str, str] = {}
    for heading, cell in row.items():
        name, _, language = heading.partition("::")
        if name.strip() == column and cell.strip():
            found[_tag(language.strip(), {"fr": ""})] = cell.strip()
    return found


def _tag(language: str, default: Mapping[str, str]) -> str:
    """The tag of a language as forms write it: "ar" of "Arabic (ar)"."""
    if language.endswith(")"):
        return language[language.rfind("(") + 1 : -1].strip()
    return language or next(iter(default), "fr")
