"""What organisers published about contributions they read: kept, and looked up for the pages."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, delete, insert, select

from sync.answers import Answers, State
from sync.errors import SyncError
from sync.server import schema
from sync.server.database import settled
from sync.server.numbering import hold

_AT_ONCE = 500


class OlderAnswers(SyncError):
    """Newer answers are published already."""

    sentence = "Newer answers are published already. Publish again, under the next number."


class PublishedAnswers:
    """All answers of one server; every method is one transaction.

    Args:
        reading, writing: give a transaction of the database.
    """

    def __init__(
        self,
        reading: Callable[[], contextlib.AbstractContextManager[Connection]],
        writing: Callable[[], contextlib.AbstractContextManager[Connection]],
    ) -> None:
        self._reading = reading
        self._writing = writing

    def publish(self, answers: Answers, statement: bytes) -> None:
        """Take answers in; the same ones again change nothing.

        Raises:
            OlderAnswers: newer ones are published, or others under this number.
        """
        settled(lambda: self._publish(answers, statement))

    def _publish(self, answers: Answers, statement: bytes) -> None:
        table = schema.answers
        with self._writing() as db:
            known = db.execute(
                select(table.c.number, table.c.statement).where(
                    table.c.consultation == answers.consultation
                )
            ).first()
            if known is not None and known.statement == statement:
                return
            if known is not None and known.number >= answers.number:
                raise OlderAnswers()
            db.execute(delete(table).where(table.c.consultation == answers.consultation))
            row = {
                "consultation": answers.consultation,
                "number": answers.number,
                "statement": statement,
            }
            db.execute(insert(table), row)

    def tell(self, answers: Answers, states: Sequence[State], *, last: bool) -> None:
        """Take in where contributions stand; after the last, what was said before is forgotten.

        Nothing is taken in of what was erased: an organiser may publish from an older table.

        Raises:
            OlderAnswers: newer answers are published meanwhile.
        """
        table = schema.states
        here = table.c.consultation == answers.consultation
        with self._writing() as db:
            hold(db, answers.consultation)  # an order to erase comes before this, or after it
            erased = _erased(db, answers.consultation)
            states = [one for one in states if one.id not in erased]
            number = db.execute(
                select(schema.answers.c.number).where(
                    schema.answers.c.consultation == answers.consultation
                )
            ).scalar_one_or_none()
            if number != answers.number:
                raise OlderAnswers()
            for at in range(0, len(states), _AT_ONCE):
                some = states[at : at + _AT_ONCE]
                db.execute(delete(table).where(here, table.c.id.in_([one.id for one in some])))
                db.execute(insert(table), [_row(answers, one) for one in some])
            if last:
                db.execute(delete(table).where(here, table.c.number < answers.number))

    def statement(self, consultation: str) -> bytes | None:
        """The newest answers, as the organiser signed them; None where there are none."""
        table = schema.answers.c
        query = select(table.statement).where(table.consultation == consultation)
        with self._reading() as db:
            found: bytes | None = db.execute(query).scalar_one_or_none()
        return found

    def state(self, answers: Answers, id_: bytes) -> State | None:
        """Where a contribution stands by these answers; None while it was not read."""
        table = schema.states.c
        query = select(table.number, table.themes, table.published).where(
            table.consultation == answers.consultation, table.id == id_
        )
        with self._reading() as db:
            row = db.execute(query).first()
        if row is None:
            return None
        # Until the last of a publication has come, what an earlier one said names other themes.
        places = (
            [int(place) for place in row.themes.split()] if row.number == answers.number else []
        )
        themes = tuple(place for place in places if place < len(answers.themes))
        return State(id_, themes, row.published)

    def states(self, consultation: str, after: bytes, most: int) -> list[State]:
        """Where contributions stand, by their ids, those behind `after`; at most so many.

        A text that is published stands as "." in them: what it says is asked for one by one.
        """
        table = schema.states.c
        query = (
            select(table.id, table.themes, (table.published != "").label("text"))
            .where(table.consultation == consultation, table.id > after)
            .order_by(table.id)
            .limit(most)
        )
        with self._reading() as db:
            rows = db.execute(query).all()
        return [
            State(row.id, tuple(int(place) for place in row.themes.split()), "." * bool(row.text))
            for row in rows
        ]


def _erased(db: Connection, consultation: str) -> frozenset[bytes]:
    """The ids of what was ordered to go."""
    table = schema.erasures.c
    query = select(table.id).where(table.consultation == consultation)
    return frozenset(db.execute(query).scalars())


def _row(answers: Answers, state: State) -> dict[str, object]:
    return {
        "consultation": answers.consultation,
        "id": state.id,
        "number": answers.number,
        "themes": " ".join(str(place) for place in state.themes),
        "published": state.published,
    }
