"""What an organiser publishes about contributions it has read: themes, answers, and texts.

Two things travel from the desk to the server. The *answers*, a statement that the organiser signs:
the themes, and what is answered to each. And the *states*: which contributions were read, and under
which themes they were put; where a consultation promised it (`sync.promise`), also a
contribution as it is published, which proves itself by its commitment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from sync.contribution import contribution_id
from sync.errors import SyncError
from sync.promise import weakest as weakest
from sync.statement import ForgedStatement, Statement, UnreadableStatement, sign_statement
from sync.verify import commitment_of

LARGEST_ANSWERS = 4 * 1024 * 1024
LARGEST_STATES = 4 * 1024 * 1024
MOST_STATES = 2000
"""In one request."""

_LABEL = "parvis answers 1"
_ID = re.compile(r"[0-9a-f]{32}")
_LINK = re.compile(r"https?://[^\s<>\"]+")
_MOST_THEMES = 1000

Texts = Mapping[str, str]
"""Language tag → text."""


class MalformedAnswers(SyncError):
    """What should be answers, or states, is not."""

    sentence = "What was published on contributions cannot be read. Publish it again."


@dataclass(frozen=True)
class Theme:
    """What several contributions are about.

    Attributes:
        title: by language.
        answer: the organiser's answer, by language; empty while there is none.
        link: where more is said; "" for nowhere.
    """

    title: Texts
    answer: Texts = field(default_factory=dict)
    link: str = ""


@dataclass(frozen=True)
class Labelled:
    """How a field of published contributions is shown.

    Attributes:
        label: of the question, by language.
        choices: value → label by language, of those values that occur.
        several: whether a value is several choices, separated by spaces.
    """

    label: Texts
    choices: Mapping[str, Texts] = field(default_factory=dict)
    several: bool = False


@dataclass(frozen=True)
class Otherwise:
    """How a field is shown where it was asked otherwise than in the newest version.

    Attributes:
        path: of the field.
        shown: how.
        form: the SHA-256 of the version's form, hex.
        ids: the contributions that saw other choices than the rest of that version, hex; empty
            where it is for all of the version.
    """

    path: str
    shown: Labelled
    form: str
    ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Answers:
    """What the organiser says of a consultation's contributions.

    Attributes:
        consultation: its id.
        number: grows with every publication.
        day: when it was published.
        themes: states name them by their place here.
        questions: path of a published field → how it is shown.
        otherwise: where other versions, or other answers beside it, had it shown otherwise.
    """

    consultation: str
    number: int
    day: date
    themes: tuple[Theme, ...] = ()
    questions: Mapping[str, Labelled] = field(default_factory=dict)
    otherwise: tuple[Otherwise, ...] = ()

    def question(self, path: str, form: str, id_: str) -> Labelled | None:
        """How a field of one contribution is shown; None for what is no question.

        Args:
            path: of the field.
            form: the SHA-256 of the form that the contribution fills, hex.
            id_: the contribution's, hex.
        """
        here = [one for one in self.otherwise if (one.path, one.form) == (path, form)]
        for one in here:
            if id_ in one.ids:
                return one.shown
        return next((one.shown for one in here if not one.ids), self.questions.get(path))

    def sign(self, organiser: Ed25519PrivateKey) -> bytes:
        """As bytes, signed."""
        said: dict[str, object] = {
            "consultation": self.consultation,
            "number": str(self.number),
            "day": self.day.isoformat(),
            "themes": [
                {"title": dict(one.title), "answer": dict(one.answer), "link": one.link}
                for one in self.themes
            ],
            "questions": [_written(path, one) for path, one in self.questions.items()],
        }
        if self.otherwise:
            said["otherwise"] = [
                {**_written(one.path, one.shown), "form": one.form, "ids": sorted(one.ids)}
                for one in self.otherwise
            ]
        return sign_statement(organiser, _LABEL, said)

    @classmethod
    def read(cls, body: bytes, organiser: Ed25519PublicKey) -> Answers:
        """Read and check what an organiser signed.

        Raises:
            MalformedAnswers: it cannot be read, or this organiser did not sign it.
        """
        try:
            statement = Statement(body)
            statement.verify(organiser, _LABEL)
            themes = statement.objects("themes")
            if len(themes) > _MOST_THEMES:
                raise MalformedAnswers()
            return cls(
                statement.text("consultation"),
                _counted(statement.text("number")),
                date.fromisoformat(statement.text("day")),
                tuple(
                    Theme(_texts(one["title"]), _texts(one["answer"]), _link(one["link"]))
                    for one in themes
                ),
                {_text(one["path"]): _labelled(one) for one in statement.objects("questions")},
                tuple(
                    Otherwise(
                        _text(one["path"]), _labelled(one), _text(one["form"]), _ids(one["ids"])
                    )
                    for one in (
                        statement.objects("otherwise") if "otherwise" in statement.names() else ()
                    )
                ),
            )
        except (UnreadableStatement, ForgedStatement, ValueError, KeyError, TypeError) as error:
            raise MalformedAnswers() from error


@dataclass(frozen=True)
class State:
    """Where a contribution stands.

    Attributes:
        id: the contribution's, 16 bytes.
        themes: places of its themes among the answers'; none where it was only read.
        published: the line of the published data that it is (`docs/format.md`, section 11); "" for
            none.
    """

    id: bytes
    themes: tuple[int, ...] = ()
    published: str = ""


def write_states(states: Sequence[State], *, last: bool) -> bytes:
    """The body of one request.

    Args:
        states: at most `MOST_STATES`.
        last: nothing follows; what an earlier publication said of others is forgotten.
    """
    written = [
        {"id": one.id.hex(), "themes": list(one.themes)}
        | ({"published": one.published} if one.published else {})
        for one in states
    ]
    return json.dumps({"states": written, "last": last}, ensure_ascii=False).encode()


def read_states(body: bytes, consultation: str, themes: int) -> tuple[tuple[State, ...], bool]:
    """The states of one request, and whether it is the last.

    Args:
        body: what came.
        consultation: whose contributions they are.
        themes: how many the answers have.

    Raises:
        MalformedAnswers: it cannot be read, or a published contribution is not the one it is for.
    """
    try:
        document = json.loads(body)
        states = tuple(_state(one, consultation, themes) for one in document["states"])
        if len(states) > MOST_STATES or len({one.id for one in states}) != len(states):
            raise MalformedAnswers()
        return states, document["last"] is True
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MalformedAnswers() from error


def shown_leaves(published: str) -> tuple[tuple[tuple[str, str], ...], int]:
    """Path and value of what a published contribution shows, and how much of it is left out."""
    leaves = json.loads(published)["leaves"]
    shown = tuple((leaf[0], leaf[1]) for leaf in leaves if len(leaf) == 3)
    return shown, sum(len(leaf) == 1 for leaf in leaves)


def _state(one: Mapping[str, object], consultation: str, themes: int) -> State:
    id_, places, published = one["id"], one["themes"], one.get("published", "")
    if not isinstance(id_, str) or not _ID.fullmatch(id_) or not isinstance(places, list):
        raise MalformedAnswers()
    if not all(type(place) is int and 0 <= place < themes for place in places):
        raise MalformedAnswers()
    read = State(bytes.fromhex(id_), tuple(places), _text(published))
    if read.published:
        leaves = json.loads(read.published)["leaves"]
        if not all(isinstance(part, str) for leaf in leaves for part in leaf):
            raise MalformedAnswers()
        if contribution_id(consultation, commitment_of(leaves)) != read.id:
            raise MalformedAnswers()
    return read


def _counted(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise MalformedAnswers()
    return int(text)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise MalformedAnswers()
    return value


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise MalformedAnswers()
    return {_text(language): _text(text) for language, text in value.items()}


def _choices(value: object) -> dict[str, dict[str, str]]:
    if not isinstance(value, dict):
        raise MalformedAnswers()
    return {_text(name): _texts(texts) for name, texts in value.items()}


def _labelled(one: Mapping[str, object]) -> Labelled:
    return Labelled(_texts(one["label"]), _choices(one["choices"]), one["several"] is True)


def _written(path: str, one: Labelled) -> dict[str, object]:
    return {
        "path": path,
        "label": dict(one.label),
        "choices": {value: dict(texts) for value, texts in one.choices.items()},
        "several": one.several,
    }


def _ids(value: object) -> frozenset[str]:
    if not isinstance(value, list):
        raise MalformedAnswers()
    return frozenset(_text(one) for one in value)


def _link(value: object) -> str:
    link = _text(value)
    if link and not _LINK.fullmatch(link):
        raise MalformedAnswers()
    return link
