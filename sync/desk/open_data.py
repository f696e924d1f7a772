"""Contributions as the public gets them, by what people were promised (`sync.promise`).

Under `full` each line proves itself: it carries its leaves, and the hashes of those that are left
out. Else nothing in a line leads to a receipt: no commitment, salt, id, version or order, an id
drawn anew for each publication, days only where enough lines share them; and the manifest beside
the file attests the set (`sync.manifest`).

`docs/format.md`, section 11; `parvis-verify data` checks either against the register.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from forms.filled_in import Filled, as_day, filled_in
from forms.methods.apart import places
from forms.xform import Form
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
from sync.desk.export import chosen, not_the_store, read_versions
from sync.desk.promised import promised_by
from sync.desk.published_sets import Counts
from sync.desk.store import DeskContribution, DeskStore
from sync.durable import write_pieces, write_whole
from sync.errors import SyncError
from sync.manifest import Manifest, beside
from sync.promise import ENOUGH, Channel, allows, told_apart
from sync.provenance import read_provenance
from sync.statement import b64

_HOW_IT_WAS_SAID = (
    *("assistance", "attachment", "language", "mode"),
    *("alias", "meeting", "paper"),
)
"""Leaves beside the fields that are never published: they tell of the person, or of files."""


class UnknownPath(SyncError):
    """A field to be left out is in no contribution: most likely it is misspelt."""


class NoCheckpoint(SyncError):
    """The desk has seen no register of the consultation: nothing can be attested."""


class RareThemes(SyncError):
    """Receipts show themes that few contributions have: beside lines they would lead to them."""


_BEGINNINGS = (b'{"leaves": ', b'{"line": "')


@dataclass(frozen=True)
class Published:
    """What was written.

    Attributes:
        contributions: how many.
        shown: the paths of the fields that stand in them.
        left_out: those that do not, and what tells how it was said.
        aside: contributions that are set aside, and not written.
        manifest: beside the file; None where each line proves itself.
        counts: what became of all that is registered; None where each line proves itself.
        unregistered: contributions that the register does not hold yet, and that are not written.
        days: of the paths shown, those of which a day at most is shown, and only where enough
            share it.
    """

    contributions: int
    shown: tuple[str, ...]
    left_out: tuple[str, ...]
    aside: int = 0
    manifest: Path | None = None
    counts: Counts | None = None
    unregistered: int = 0
    days: tuple[str, ...] = ()


def publish_data(
    store: DeskStore,
    path: Path,
    consultation: str = "",
    *,
    without: Collection[str] = (),
    leave_out_more: bool = False,
    today: date | None = None,
) -> Published:
    """Write every contribution of a consultation, one a line, in no telling order.

    Args:
        store: has them.
        path: the file.
        consultation: its id; "" where the store holds one only.
        without: paths of fields and groups to leave out; positions of repeats are passed over, so
            that "/data/person/name" leaves out every person's. What the form itself keeps apart
            from the answers (`forms.methods.apart`) is left out always, and so is what names the
            device, and the time of day that it filled in.
        leave_out_more: where a few lines are gone since an earlier publication, whether others may
            be left out with them, for good.
        today: the day of publication; by this machine's clock if None.

    Raises:
        NothingToExport: the store holds no such consultation, or several and none was named.
        OverTheStore: `path` is the store.
        UnknownPath: nothing stands at a path of `without`.
        TooFew, TooFewGone, RareThemes: the promise would be broken; the message says what to do.
        NoCheckpoint: the register was never seen.
        OSError: the disk does not take it.
    """
    not_the_store(path, store.path)
    id_ = chosen(store, consultation)
    # A path that does not begin with / is no field of a form: a lying device may have sealed one
    # under the name of a leaf that is never published.
    known = {plain_path(one) for one in store.paths(id_) if one.startswith("/")}
    for gone in without:
        if not any(_within(one, gone) for one in known):
            raise UnknownPath(
                f"No contribution has a field {gone}. It is not left out but misspelt: the fields "
                f"are {', '.join(sorted(known))}."
            )
    forms = read_versions(store, id_)
    filled = device_fields(forms)
    hidden = {*without, *(place for form in forms for place in places(form))}
    hidden |= {one for one, what in filled.items() if what is Filled.MARK}
    shown = {one for one in known if not any(_within(one, gone) for gone in hidden)}
    aside = store.aside.of(id_)
    if allows(Channel.PROVED_LINE, promised_by(store, id_)):
        # A hash proves a moment or nothing: it cannot prove the day alone.
        shown = {one for one in shown if filled.get(one) is not Filled.MOMENT}
        proved = _Proved(store, id_, shown, aside)
        write_pieces(path, proved.lines(), mode=0o644)
        left_out = {*known.difference(shown), *_HOW_IT_WAS_SAID}
        return Published(proved.count, tuple(sorted(shown)), tuple(sorted(left_out)), len(aside))
    return _publish_set(store, path, id_, shown, known, forms, filled, leave_out_more, today)


def holds_published_data(path: Path) -> bool:
    """Whether a file is what `publish_data` writes, or empty: it can be made anew at will."""
    with path.open("rb") as file:
        beginning = file.read(max(map(len, _BEGINNINGS)))
    return not beginning or beginning.startswith(_BEGINNINGS)


def plain_path(path: str) -> str:
    """A path without the positions of repeats."""
    return "/".join(part.partition("[")[0] for part in path.split("/"))


def device_fields(forms: Sequence[Form]) -> Mapping[str, Filled]:
    """What the device fills in, in any version of the form: the most telling counts."""
    found: dict[str, Filled] = {}
    order = list(Filled)
    for form in forms:
        for path, what in filled_in(form).items():
            found[path] = max(found.get(path, what), what, key=order.index)
    return found


def answered(path: str, filled: Collection[str]) -> bool:
    """Whether what stands at a path is somebody's answer.

    Args:
        path: of the field.
        filled: what the device fills in.
    """
    return "/meta/" not in path and plain_path(path) not in filled


def _within(path: str, group: str) -> bool:
    return path == group or path.startswith(f"{group}/")


# under `inclusion` and `none`: the set is attested


def said_in_line(
    one: DeskContribution, shown: Collection[str], days: Collection[str]
) -> list[tuple[str, str]]:
    """What a line without proof says of a contribution, but for the days that the device filled in.

    The names of files that were attached are left out with the files.
    """
    files = {held.name for held in one.attachments}
    return [
        (path, value)
        for path, value in one.fields
        if (bare := plain_path(path)) in shown and bare not in days and value not in files
    ]


def _publish_set(
    store: DeskStore,
    path: Path,
    id_: str,
    shown: set[str],
    known: Collection[str],
    forms: Sequence[Form],
    filled: Mapping[str, Filled],
    leave_out_more: bool,
    today: date | None,
) -> Published:
    today = today or datetime.now(UTC).date()
    note = store.register.note(id_)
    if note is None:
        raise NoCheckpoint(
            "This desk has not seen the public register yet, so that nothing would attest that "
            "these are all. Pull from the server first."
        )
    if store.sets.rare_themes(id_):
        raise RareThemes(
            f"The server shows receipts a theme that fewer than {ENOUGH} contributions have, or "
            "all but a few: beside published lines it would lead from one to the other. Publish "
            "the answers again with --beside-open-data, then the open data."
        )
    counts = store.sets.choose(
        id_,
        lambda one: answered(one, filled),
        leave_out_more=leave_out_more,
        today=today,
    )
    # A question that only a few were asked would tell which version they answered, and so when.
    often = {hash_ for hash_, count in store.sets.answering().items() if count >= ENOUGH}
    asked = [form for form in forms if form.hash.hex() in often]
    shown = {one for one in shown if any(form.field(one) is not None for form in asked)}
    days = {one for one in shown if one in filled}
    lines = _Unproved(store, shown, days)
    digest = hashlib.sha256()

    def written() -> Iterator[bytes]:
        for line in lines.lines():
            digest.update(line)
            yield line

    write_pieces(path, written(), mode=0o644)
    versions = [one for one in store.consultations() if one.id == id_]
    newest = versions[0]
    further = {one.id: one.label for version in versions for one in version.recipients[1:]}
    manifest = Manifest.of(
        {
            "parvis": 1,
            "consultation": id_,
            "form": newest.form_id,
            "organiser": b64(newest.organiser_key),
            "readers": sorted({b64(one) for version in versions for one in version.readers}),
            "recipients": [newest.recipients[0].label, *further.values()],
            "checkpoint": note.decode(),
            "data": digest.hexdigest(),
            "counts": asdict(counts),
            "day": today.isoformat(),
            "shown": sorted(shown),
            "days": sorted(days),
        }
    )
    write_whole(beside(path), manifest.to_bytes(), mode=0o644)
    return Published(
        counts.published,
        tuple(sorted(shown)),
        tuple(sorted({*known, *_HOW_IT_WAS_SAID}.difference(shown))),
        counts.set_aside,
        beside(path),
        counts,
        store.sets.unregistered(id_),
        tuple(sorted(days)),
    )


class _Unproved:
    """Lines that lead to no receipt; what the store chose stands in them."""

    def __init__(self, store: DeskStore, shown: Collection[str], days: Collection[str]) -> None:
        self._store = store
        self._shown = shown
        self._days = days
        self._key = secrets.token_bytes(32)  # of this publication alone, and forgotten with it
        held: dict[int, Counter[tuple[tuple[str, str], ...]]] = {}
        if days:
            for one, since in self._each():
                held.setdefault(since, Counter())[self._filled(one)] += 1
        self._told = {since: told_apart(some, some.pop((), 0)) for since, some in held.items()}

    def lines(self) -> Iterator[bytes]:
        """The lines, by their ids."""
        for one, since in self._each():
            days = self._filled(one)
            told = dict(days) if days in self._told.get(since, ()) else {}
            fields = dict(said_in_line(one, self._shown, self._days)) | told
            said = [[path, fields[path]] for path, _ in one.fields if path in fields]
            document = {"line": self._drawn(one.id), "fields": said}
            yield json.dumps(document, ensure_ascii=False).encode() + b"\n"

    def _each(self) -> Iterator[tuple[DeskContribution, int]]:
        waiting: deque[int] = deque()

        def places() -> Iterator[int]:
            for number, since in self._store.sets.chosen(self._drawn):
                waiting.append(since)
                yield number

        for one in self._store.at(places()):
            yield one, waiting.popleft()

    def _filled(self, one: DeskContribution) -> tuple[tuple[str, str], ...]:
        """The days that the device filled in: what a receipt tells, too."""
        return tuple(
            (path, day)
            for path, value in one.fields
            if plain_path(path) in self._days and (day := as_day(value))
        )

    def _drawn(self, id_: str) -> str:
        """A line's id: another in each publication."""
        return hmac.digest(self._key, id_.encode(), "sha256")[:16].hex()


# under `full`: each line proves itself


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


class _Proved:
    """Lines with their leaves, by their commitments."""

    def __init__(
        self, store: DeskStore, id_: str, shown: Collection[str], aside: Collection[str]
    ) -> None:
        self.count = 0
        self._store = store
        self._id = id_
        self._shown = shown
        self._aside = aside

    def lines(self) -> Iterator[bytes]:
        """The lines."""
        for one in self._store.by_commitment(self._id):
            if one.id not in self._aside:
                self.count += 1
                yield self._line(one)

    def _line(self, one: DeskContribution) -> bytes:
        seed = bytes.fromhex(one.seed)
        said = as_sealed(one)
        assert commitment(said, seed).hex() == one.commitment, "the store is not what was opened"
        leaves = [
            [*leaf, leaf_salt(seed, at).hex()]
            if leaf[0] == "form" or plain_path(leaf[0]) in self._shown
            else [leaf_hash(seed, at, leaf).hex()]
            for at, leaf in enumerate(said.leaves())
        ]
        return json.dumps({"leaves": leaves}, ensure_ascii=False).encode() + b"\n"
