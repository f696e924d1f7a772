"""What stands behind the screens: sealing what was said, accounts, what waits and why."""

import logging
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from forms.engine import Entry
from forms.methods.opinion_cards import shown_in
from kiosk.carrying import Carrier
from kiosk.exposure import Exposures
from kiosk.journey import Journey, Shown
from kiosk.offer import Offer
from kiosk.people.accounts import Accounts
from sync.client.background import Status
from sync.contribution import Agreement, Assistance, Contribution, Mode
from sync.device import Device
from sync.errors import SyncError, UnfitAddress
from sync.promise import Channel, allows
from sync.receipt import Receipt

log = logging.getLogger(__name__)


class Uplink(Protocol):
    """What brings the outbox to the server in the background."""

    @property
    def status(self) -> Status:
        """How it goes."""

    def wake(self, *, now: bool = False) -> None:
        """Something waits: try soon, or now."""


@dataclass(frozen=True)
class State:
    """How the device is doing, for its steward.

    Attributes:
        waiting: contributions that the server has not acknowledged.
        released: those that it has.
        quarantined: those that somebody has to look at.
        server: its address; "" before enrolment.
        last_success: seconds since 1970 of the last sync that left nothing; None before it.
        trouble: why something did not go, as a sentence; "" while all is well.
    """

    waiting: int
    released: int
    quarantined: int
    server: str
    last_success: float | None
    trouble: str


class Counter:
    """The device's side of one kiosk.

    Args:
        device: holds the keys and the outbox.
        uplink: woken after each contribution; None where nothing travels by network.
        place: where the device stands, for the agreements of assisted entries.
    """

    def __init__(self, device: Device, uplink: Uplink | None = None, place: str = "") -> None:
        self.device = device
        self.carrier = Carrier(device)
        self.accounts = Accounts(device.database, guard=device.database_guard)
        self.exposures = Exposures(device.database, guard=device.database_guard)
        self._uplink = uplink
        self._place = place

    def begin(self, offer: Offer) -> Entry:
        """An empty entry; opinion cards that were shown least here come first."""
        return offer.begin(self.exposures.seen(offer.id))

    def keep(self, offer: Offer, journey: Journey, language: str) -> Shown:
        """Seal and store a finished entry; returns once that is durable.

        Raises:
            Unfinished: the form's own rules are not met.
            SyncError: it could not be stored; nothing of it was.
        """
        assert journey.entry is not None, "nobody has answered anything"
        fields = journey.entry.finish().fields
        contribution = contribution_of(offer, fields, language, self._assistance(journey))
        attachments = journey.attachments.named_in(value for _, value in fields)
        receipt = self.device.confirm(
            offer.id, contribution, attachments, journey.origin, offer.consultation.version
        )
        # It is sealed: from here on nothing may fail, or the person is told that it is not.
        self.exposures.count(offer.id, shown_in(offer.form, fields))
        if self._uplink:
            self._uplink.wake()
        if not allows(Channel.RECEIPT, offer.traceability):
            return Shown("", "")  # what nobody has, nobody can be asked for
        return Shown(code=receipt.code, qr=self._qr(receipt))

    def _qr(self, receipt: Receipt) -> str:
        """What the receipt's QR code holds: a link, or the code alone where none can be made."""
        if self.device.enrolled is None:
            return receipt.code
        try:
            return receipt.qr_payload(self.device.enrolled.url)
        except UnfitAddress as error:
            log.warning("%s", error)
            return receipt.code

    def state(self) -> State:
        """How the device is doing."""
        counts = self.device.outbox.counts()
        status = self._uplink.status if self._uplink else Status()
        return State(
            waiting=counts.waiting + counts.sent,
            released=counts.released,
            quarantined=counts.quarantined,
            server=self.device.enrolled.url if self.device.enrolled else "",
            last_success=status.last_success,
            trouble=status.last_error,
        )

    def send_now(self) -> None:
        """Try to send what waits; returns at once."""
        if self._uplink:
            self._uplink.wake(now=True)

    def report(self, error: SyncError) -> None:
        """Tell the steward what went wrong; never what was said."""
        log.error("%s", error)

    def _assistance(self, journey: Journey) -> Assistance | None:
        helped = journey.assistance
        if helped is None:
            return None
        assert helped.given is not None, "an assisted entry begins with the person's agreement"
        return Assistance(
            agreement=Agreement(
                date=date.today().isoformat(),
                place=self._place,
                mediator=helped.mediator,
                wording=helped.wording,
                given=helped.given,
            ),
            help=frozenset(helped.help),
            read_back=helped.read_back,
            reworded=tuple(sorted(helped.reworded)),
        )


def contribution_of(
    offer: Offer,
    fields: tuple[tuple[str, str], ...],
    language: str,
    assistance: Assistance | None = None,
    mode: Mode | None = None,
) -> Contribution:
    """A finished entry's fields as the contribution that is sealed."""
    consultation = offer.consultation
    return Contribution(
        form_id=consultation.form_id,
        form_version=consultation.form_version,
        form_hash=consultation.form_hash,
        mode=mode or (Mode.ASSISTED if assistance else Mode.SELF),
        language=language,
        fields=fields,
        assistance=assistance,
    )
