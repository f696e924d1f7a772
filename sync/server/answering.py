"""What an organiser may publish of contributions, and who is told of it (`docs/format.md`, 16).

Rules:

1. Only the organiser of a consultation publishes on it, signed.
2. What people were promised before they confirmed is kept (`Traceability`), whatever a later
   version of the consultation promises: the least of all versions counts.
3. Of an erased contribution nothing is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync import consultation
from sync.answers import MOST_STATES, Answers, MalformedAnswers, State, read_states
from sync.consultation import Traceability
from sync.promise import Channel, allows, weakest
from sync.server.answers import OlderAnswers, PublishedAnswers
from sync.server.problems import NotFound, PromisedOtherwise
from sync.server.register import Registers
from sync.server.store import Store
from sync.server.stored import PublishedConsultation
from sync.signatures import RequestParts

OnlyFor = Callable[[PublishedConsultation, RequestParts, bytes], None]


@dataclass(frozen=True)
class Answered:
    """Where one contribution stands.

    Attributes:
        answers: what the organiser says.
        state: what it says of this contribution; None while it was not read.
    """

    answers: Answers
    state: State | None


class Answering:
    """The answers on one server.

    Args:
        store: knows the consultations.
        registers: know what was erased.
        only_for: lets nobody through but the organiser.
    """

    def __init__(self, store: Store, registers: Registers, only_for: OnlyFor) -> None:
        self._store = store
        self._registers = registers
        self._only_for = only_for
        self._kept = PublishedAnswers(store.reading, store.writing)
        self._promises: dict[tuple[str, int], Traceability] = {}

    # what the desk brings

    def publish(self, consultation_id: str, request: RequestParts, body: bytes) -> None:
        """Take in an organiser's answers.

        Raises:
            UnknownConsultationHere: the consultation is not published here.
            SignatureRefused: it is not its organiser who brings them.
            MalformedAnswers: they are none, or not for this consultation.
            OlderAnswers: newer ones are here.
        """
        published = self._store.versions(consultation_id)[0]
        self._only_for(published, request, body)
        answers = Answers.read(body, _organiser(published))
        if answers.consultation != consultation_id:
            raise MalformedAnswers()
        self._kept.publish(answers, body)

    def tell(self, consultation_id: str, number: int, request: RequestParts, body: bytes) -> None:
        """Take in where contributions stand, by the answers of this number.

        Raises:
            UnknownConsultationHere, SignatureRefused, MalformedAnswers: as above.
            OlderAnswers: these are not the newest answers.
            PromisedOtherwise: people were promised that nobody can follow so far what they said.
        """
        self._only_for(self._store.versions(consultation_id)[0], request, body)
        answers = self.said(consultation_id)
        if answers is None or answers.number != number:
            raise OlderAnswers()
        states, last = read_states(body, consultation_id, len(answers.themes))
        promised = self.promised(consultation_id)
        texts = any(one.published for one in states)
        if states and not allows(Channel.READ, promised):
            raise PromisedOtherwise()
        if texts and not allows(Channel.TEXT, promised):
            raise PromisedOtherwise()
        self._kept.tell(answers, states, last=last)

    def told(self, consultation_id: str, after: bytes, request: RequestParts) -> list[State]:
        """Where contributions stand by what is published now, those behind an id, some thousand.

        Raises:
            UnknownConsultationHere, SignatureRefused: as above.
        """
        self._only_for(self._store.versions(consultation_id)[0], request, b"")
        return self._kept.states(consultation_id, after, MOST_STATES)

    # what everybody may ask

    def statement(self, consultation_id: str) -> bytes | None:
        """What an organiser published, as it signed it; None before there is anything."""
        return self._kept.statement(consultation_id)

    def said(self, consultation_id: str) -> Answers | None:
        """What an organiser published for everybody; None before there is anything."""
        statement = self._kept.statement(consultation_id)
        if statement is None:
            return None
        return Answers.read(statement, _organiser(self._store.versions(consultation_id)[0]))

    def of(self, consultation_id: str, contribution_id: bytes) -> Answered | None:
        """Where a contribution stands by its organiser's word; None before there is any."""
        answers = self.said(consultation_id)
        if answers is None:
            return None
        return Answered(answers, self._kept.state(answers, contribution_id))

    def published(self, consultation_id: str, contribution_id: bytes) -> str:
        """A contribution as it is published, a line of the published data.

        Raises:
            UnknownConsultationHere: the consultation is not published here.
            NotFound: it is not published, or erased since.
        """
        shown = allows(Channel.TEXT, self.promised(consultation_id))
        where = self._registers.whereabouts(consultation_id, (contribution_id, contribution_id))
        found = self.of(consultation_id, contribution_id)
        if not shown or where is None or where.erased or found is None or found.state is None:
            raise NotFound()
        if not found.state.published:
            raise NotFound()
        return found.state.published

    def promised(self, consultation_id: str) -> Traceability:
        """How far receipts of a consultation can be followed.

        Raises:
            UnknownConsultationHere: it is not published here.
        """
        promised = []
        for one in self._store.versions(consultation_id):
            place = (one.id, one.version)
            if place not in self._promises:
                package = consultation.read(self._store.package(*place))
                self._promises[place] = package.options.traceability
            promised.append(self._promises[place])
        return weakest(promised)


def _organiser(published: PublishedConsultation) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(published.organiser_key)
