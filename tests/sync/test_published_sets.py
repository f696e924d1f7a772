"""Whatever comes and goes between them, no two publications differ by a few lines."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.desk.published_sets import TooFew, TooFewGone
from sync.desk.store import DeskContribution, DeskStore
from sync.promise import ENOUGH

TODAY = date(2026, 12, 1)
HERE = "CONSULTATION0000"


@contextmanager
def desk() -> Iterator[Desk]:
    with tempfile.TemporaryDirectory() as folder:
        store = DeskStore(Path(folder) / "desk.sqlite")
        try:
            yield Desk(store)
        finally:
            store.close()


class Desk:
    """A store into which contributions come, all of them registered."""

    def __init__(self, store: DeskStore) -> None:
        self.store = store
        self.here: list[str] = []
        self.sets: list[frozenset[str]] = []

    def come(self, count: int, *, blank: bool = False) -> None:
        first = self.store.register.size(HERE)
        made = [_said(first + place, blank) for place in range(count)]
        self.store.enter(made)
        entries = [b"\x01" + bytes.fromhex(one.commitment) for one in made]
        with self.store.transaction():
            self.store._db.conn.executemany(
                "INSERT INTO register VALUES (?, ?, ?, ?)",
                [
                    (HERE, first + place, entry[1:].hex(), entry)
                    for place, entry in enumerate(entries)
                ],
            )
        self.here += [one.id for one in made]

    def go(self, count: int) -> None:
        """The first ones are erased."""
        for id_ in self.here[:count]:
            self.store.forget(HERE, id_)
        del self.here[:count]

    def aside(self, count: int) -> None:
        self.store.aside.put(HERE, self.here[:count], "deux fois", TODAY)

    def back(self, count: int) -> None:
        self.store.aside.bring_back(HERE, self.here[:count], "une fois", TODAY)

    def publish(self, *, leave_out_more: bool) -> None:
        counts = self.store.sets.choose(
            HERE, lambda _: True, leave_out_more=leave_out_more, today=TODAY
        )
        numbers = [number for number, _ in self.store.sets.chosen(str)]
        self.sets.append(frozenset(one.id for one in self.store.at(numbers)))
        assert len(self.sets[-1]) == counts.published
        parts = {**vars(counts)}
        assert parts.pop("entries") == sum(parts.values())
        assert min(parts.values()) >= 0


def _said(place: int, blank: bool) -> DeskContribution:
    hash_ = hashlib.sha256(b"%d" % place).hexdigest()
    fields = () if blank else (("/data/idea", f"{place}"),)
    known = (hash_[:32], HERE, hash_, hash_, hash_, "2026-11-01", "device", "batch")
    form = ("place", "1", "ab" * 32, "self", "fr", "", None, "", "", "")
    return DeskContribution(*known, *form, fields)  # type: ignore[arg-type]


ACTS = st.sampled_from(["come", "blank", "go", "aside", "back", "publish", "publish more"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(ACTS, st.integers(1, 30)), min_size=4, max_size=16))
def test_no_two_of_all_publications_ever_differ_by_few(acts: list[tuple[str, int]]) -> None:
    with desk() as here:
        here.come(25)
        for act, count in [*acts, ("publish more", 1)]:
            match act:
                case "come" | "blank":
                    here.come(count, blank=act == "blank")
                case "go":
                    here.go(min(count, len(here.here)))
                case "aside":
                    here.aside(count)
                case "back":
                    here.back(count)
                case _:
                    with suppress(TooFew, TooFewGone):
                        here.publish(leave_out_more=act == "publish more")
        for one in here.sets:
            assert len(one) >= ENOUGH
        for one, other in combinations(here.sets, 2):
            assert not 0 < len(one - other) < ENOUGH
            assert not 0 < len(other - one) < ENOUGH


def test_what_was_refused_is_remembered_as_nothing() -> None:
    with desk() as here:
        here.come(20)
        here.publish(leave_out_more=False)
        here.go(2)
        with pytest.raises(TooFewGone, match="2 contributions that stood"):
            here.publish(leave_out_more=False)
        here.go(9)
        with pytest.raises(TooFew, match="9 contributions could be published"):
            here.publish(leave_out_more=False)
        here.come(30)
        here.publish(leave_out_more=False)
        assert [len(one) for one in here.sets] == [20, 39]
