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
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.answers import (
    LARGEST_STATES,
    MOST_STATES,
    Answers,
    MalformedAnswers,
    State,
    Theme,
    write_states,
)
from sync.client.wire import Answer, NetworkTrouble, Wire
from sync.contribution import contribution_id
from sync.desk.export import unprotected
from sync.desk.wordings import Wordings, tag_of
from sync.enrolment import server_address
from sync.errors import SyncError
from sync.keys import signing_key_id
from sync.signatures import RequestParts, sign_request
from sync.verify import commitment_of
from sync.wording import counted

_BYTES_AT_ONCE = LARGEST_STATES // 2
_WAIT_SECONDS = 60
_TRIES = 5
_LONGEST_CELL = 1 << 24
_LAST_BATCH = 10**15 - 1  # behind every number that a server gives
_STRANGER = "What answers there is not a Parvis server. Check the address and the network."


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


@dataclass(frozen=True)
class Published:
    """What an organiser published before.

    Attributes:
        answers: to everybody.
        states: by contribution id, where each stands; a text is "." there. None where the server
            does not tell.
    """

    answers: Answers
    states: Mapping[str, State] | None

    def lost(self, answers: Answers, states: Mapping[str, State]) -> list[str]:
        """What would be gone if these were published in its place, each as part of a sentence."""
        after = {_name(one): one for one in answers.themes}
        lost: list[str] = []
        for one in self.answers.themes:
            name = _name(one)
            if name not in after:
                lost.append(f"the theme “{name}”")
            else:
                lost += _lost_of(name, one, after[name])
        if self.states is None:
            return [*lost, "what was said of single contributions, which this server does not tell"]
        before = {id_: _said(one, self.answers) for id_, one in self.states.items()}
        now = {id_: _said(one, answers) for id_, one in states.items()}
        unread = sum(id_ not in now for id_ in before)
        unsorted = sum(bool(before[id_][0] - now[id_][0]) for id_ in before if id_ in now)
        texts = sum(before[id_][1] and not now[id_][1] for id_ in before if id_ in now)
        if unread:
            lost.append(f"that {counted(unread, 'contribution')} had been read")
        if unsorted:
            lost.append(f"a theme of {counted(unsorted, 'contribution')}")
        if texts:
            lost.append(counted(texts, "text"))
        return lost


def _lost_of(name: str, before: Theme, after: Theme) -> Iterator[str]:
    """What a theme had and has no more."""
    if before.answer and not after.answer:
        yield f"the answer to “{name}”"
    elif gone := sorted(before.answer.keys() - after.answer.keys()):
        yield f"the answer to “{name}” in {', '.join(gone)}"
    if gone := sorted(before.title.keys() - after.title.keys()):
        yield f"the title of “{name}” in {', '.join(gone)}"
    if before.link and not after.link:
        yield f"the link of “{name}”"


def _name(theme: Theme) -> str:
    """What a theme is known by; a signed statement keeps its languages in no order."""
    return theme.title.get("fr") or theme.title[min(theme.title)]


def _said(state: State, answers: Answers) -> tuple[set[str], bool]:
    """The themes of a contribution by their titles, and whether its text is published."""
    placed = (answers.themes[at] for at in state.themes if at < len(answers.themes))
    return {_name(one) for one in placed}, bool(state.published)


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
    allowed = csv.field_size_limit(_LONGEST_CELL)  # an answer may be longer than what is usual
    try:
        return dict(_sorted(path, themes, set(known)))
    finally:
        csv.field_size_limit(allowed)


def _sorted(
    path: Path, themes: Mapping[str, Theme], held: Collection[str]
) -> Iterator[tuple[str, State]]:
    places = {name: place for place, name in enumerate(themes)}
    found: set[str] = set()
    for line, row in _rows(path, "id", "theme"):
        id_ = row["id"].strip()
        if id_ in found:
            raise BadTable(f"{path}, line {line}: the contribution “{id_}” is there twice.")
        if id_ not in held:
            raise BadTable(
                f"{path}, line {line}: the store holds no contribution “{id_}”. Keep the column "
                "“id” as parvis-desk export wrote it."
            )
        named = row["theme"].split()
        unknown = [name for name in named if name not in places]
        if unknown:
            raise BadTable(f"{path}, line {line}: there is no theme “{unknown[0]}”.")
        found.add(id_)
        yield id_, State(bytes.fromhex(id_), tuple(dict.fromkeys(places[one] for one in named)))


def read_published(path: Path, consultation: str) -> dict[str, str]:
    """The lines of a published data set (`parvis-desk open-data`), by contribution id.

    Raises:
        BadTable: it cannot be read, or a line is no published contribution.
    """
    found: dict[str, str] = {}
    try:
        # As bytes: a line ends at a line feed, and at nothing else that an answer may hold.
        with path.open("rb") as lines:
            for place, written in enumerate(lines, 1):
                line = written.decode("utf-8-sig" if place == 1 else "utf-8").strip("\r\n")
                try:
                    commitment = commitment_of(json.loads(line)["leaves"])
                except (ValueError, KeyError, TypeError, AttributeError):
                    raise BadTable(
                        f"{path}, line {place}: this is no published contribution. Make the file "
                        "with parvis-desk open-data."
                    ) from None
                found[contribution_id(consultation, commitment).hex()] = line
    except (OSError, UnicodeDecodeError) as error:
        raise BadTable(f"{path} cannot be read ({error}).") from None
    return found


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

    def versions(self, consultation: str) -> tuple[int, ...]:
        """The versions of the consultation that are served there.

        Raises:
            NotTaken, NetworkTrouble: the server does not say.
        """
        answer = self._ask("GET", f"/v1/consultations/{consultation}/batches?after={_LAST_BATCH}")
        if answer.status != 200:
            raise _not_taken(answer)
        try:
            return tuple(int(version) for version in json.loads(answer.body)["versions"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise NetworkTrouble(_STRANGER) from None

    def number(self, consultation: str) -> int:
        """The number of what is published there now; 0 for nothing.

        Raises:
            NotTaken, NetworkTrouble: the server does not say.
        """
        there = self.there(consultation)
        return 0 if there is None else there.answers.number

    def there(self, consultation: str) -> Published | None:
        """What is published there now; None for nothing.

        Raises:
            NotTaken, NetworkTrouble: the server does not say.
        """
        path = f"/v1/consultations/{consultation}/answers"
        answer = self._ask("GET", path)
        if answer.status == 404 and answer.problem.name == "not-found":
            return None
        if answer.status != 200:
            raise _not_taken(answer)
        try:
            answers = Answers.read(answer.body, self._organiser.public_key())
        except MalformedAnswers:
            raise NetworkTrouble(_STRANGER) from None
        states: dict[str, State] = {}
        after = ""
        while True:
            answer = self._ask("GET", f"{path}/states{after}")
            if answer.status in (404, 405):  # a parvis-server that does not tell
                return Published(answers, None)
            if answer.status != 200:
                raise _not_taken(answer)
            try:
                document = json.loads(answer.body)
                page = {
                    str(one["id"]): State(
                        bytes.fromhex(one["id"]),
                        tuple(map(int, one["themes"])),
                        str(one.get("published", "")),
                    )
                    for one in document["states"]
                }
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                raise NetworkTrouble(_STRANGER) from None
            if not page.keys() - states.keys():
                return Published(answers, states)
            states |= page
            after = f"?after={max(page)}"

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
        answer = self._ask(method, path, body)
        if answer.status != 204:
            raise _not_taken(answer)

    def _ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        """One exchange, once the server is ready for it."""
        for _ in range(_TRIES):
            parts = RequestParts.below(self._wire.url, method, path)
            headers = sign_request(parts, body, self._organiser, self._key_id, int(time.time()))
            answer = self._wire.ask(method, path, body, headers, most=16 * 1024 * 1024)
            if answer.status not in (429, 503):
                break
            time.sleep(min(answer.problem.retry_after or 5, _WAIT_SECONDS))
        return answer


def publication(
    consultation: str,
    number: int,
    day: date,
    themes: Iterable[Theme],
    wordings: Wordings,
) -> Answers:
    """The answers to be signed."""
    return Answers(consultation, number, day, tuple(themes), wordings.questions, wordings.otherwise)


def _not_taken(answer: Answer) -> SyncError:
    if answer.problem.name:
        return NotTaken(answer.problem.detail)
    return NetworkTrouble(_STRANGER)


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


def _rows(path: Path, *needed: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells of each row, whatever separator the spreadsheet program wrote."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            heading = file.readline()
            file.seek(0)
            separator = max(",;\t", key=heading.count)
            reader = csv.DictReader(file, delimiter=separator, restval="")
            for name in needed:
                if name not in (reader.fieldnames or ()):
                    raise BadTable(
                        f"{path} has no column “{name}”. It has: "
                        f"{', '.join(reader.fieldnames or ()) or 'none'}."
                    )
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
            found[tag_of(language.strip()) or "fr"] = cell.strip()
    return found
