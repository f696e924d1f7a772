"""Contributions as the public gets them: personal fields left out, and proof for all the rest.

`docs/format.md`, section 11; `parvis-verify data` checks the file against the register.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from forms.methods.apart import places
from forms.xform import read_form
from sync.attachment import Attached
from sync.contribution import (
    Agreement,
    Assistance,
    Contribution,
    Given,
    Help,
    Mode,
    commitment,
    leaf_hash,
    leaf_salt,
)
from sync.desk.export import chosen, not_the_store
from sync.desk.store import DeskContribution, DeskStore
from sync.durable import write_pieces
from sync.errors import SyncError
from sync.provenance import read_provenance

_HOW_IT_WAS_SAID = (
    *("assistance", "attachment", "language", "mode"),
    *("alias", "meeting", "paper"),
)
"""Leaves beside the fields that are never published: they tell of the person, or of files."""


class UnknownPath(SyncError):
    """A field to be left out is in no contribution: most likely it is misspelt."""


_BEGINNING = b'{"leaves": '


@dataclass(frozen=True)
class Published:
    """What was written.

    Attributes:
        contributions: how many.
        shown: the paths of the fields that stand in them.
        left_out: those that do not, and what tells how it was said.
        aside: contributions that are set aside, and not written.
    """

    contributions: int
    shown: tuple[str, ...]
    left_out: tuple[str, ...]
    aside: int = 0


def publish_data(
    store: DeskStore, path: Path, consultation: str = "", *, without: Collection[str] = ()
) -> Published:
    """Write every contribution of a consultation, one a line, in no telling order.

    Args:
        store: has them.
        path: the file.
        consultation: its id; "" where the store holds one only.
        without: paths of fields and groups to leave out; positions of repeats are passed over, so
            that "/data/person/name" leaves out every person's. What the form itself keeps apart
            from the answers (`forms.methods.apart`) is left out always.

    Raises:
        NothingToExport: the store holds no such consultation, or several and none was named.
        OverTheStore: `path` is the store.
        UnknownPath: nothing stands at a path of `without`.
        OSError: the disk does not take it.
    """
    not_the_store(path, store.path)
    id_ = chosen(store, consultation)
    known = {_plain(one) for one in store.paths(id_)}
    for gone in without:
        if not any(_within(one, gone) for one in known):
            raise UnknownPath(
                f"No contribution has a field {gone}. It is not left out but misspelt: the fields "
                f"are {', '.join(sorted(known))}."
            )
    hidden = {*without, *_kept_apart(store, id_)}
    shown = {one for one in known if not any(_within(one, gone) for gone in hidden)}
    count = 0
    aside = store.aside.of(id_)

    def lines() -> Iterator[bytes]:
        nonlocal count
        for one in store.by_commitment(id_):
            if one.id in aside:
                continue
            count += 1
            yield _line(one, shown)

    write_pieces(path, lines(), mode=0o644)
    left_out = {*known.difference(shown), *_HOW_IT_WAS_SAID}
    return Published(count, tuple(sorted(shown)), tuple(sorted(left_out)), len(aside))


def holds_published_data(path: Path) -> bool:
    """Whether a file is what `publish_data` writes, or empty: it can be made anew at will."""
    with path.open("rb") as file:
        beginning = file.read(len(_BEGINNING))
    return beginning in (b"", _BEGINNING)


def _kept_apart(store: DeskStore, consultation: str) -> set[str]:
    """Who signed, how to reach somebody: in any version of the form."""
    forms = (
        read_form(one.form, media=one.media)
        for one in store.consultations()
        if one.id == consultation
    )
    return {place for form in forms for place in places(form)}


def _plain(path: str) -> str:
    """A path without the positions of repeats."""
    return "/".join(part.partition("[")[0] for part in path.split("/"))


def _within(path: str, group: str) -> bool:
    return path == group or path.startswith(f"{group}/")


def as_sealed(one: DeskContribution) -> Contribution:
    """The contribution as its device sealed it."""
    assistance = None
    if one.agreement:
        agreed = json.loads(one.agreement)
        assistance = Assistance(
            Agreement(**{**agreed, "given": Given(agreed["given"])}),
            frozenset(Help(kind) for kind in one.help.split()),
            bool(one.read_back),
            tuple(one.reworded.split()),
        )
    paper, meeting, alias = read_provenance(json.loads(one.provenance or "{}"))
    return Contribution(
        form_id=one.form_id,
        form_version=one.form_version,
        form_hash=one.form_hash,
        mode=Mode(one.mode),
        language=one.language,
        fields=one.fields,
        assistance=assistance,
        attachments=tuple(
            Attached(held.name, held.sha256, held.size, held.media_type) for held in one.attachments
        ),
        paper=paper,
        meeting=meeting,
        alias=alias,
    )


def _line(one: DeskContribution, shown: Collection[str]) -> bytes:
    seed = bytes.fromhex(one.seed)
    said = as_sealed(one)
    assert commitment(said, seed).hex() == one.commitment, "the store is not what was opened"
    leaves = [
        [*leaf, leaf_salt(seed, at).hex()]
        if leaf[0] == "form" or _plain(leaf[0]) in shown
        else [leaf_hash(seed, at, leaf).hex()]
        for at, leaf in enumerate(said.leaves())
    ]
    return json.dumps({"leaves": leaves}, ensure_ascii=False).encode() + b"\n"
