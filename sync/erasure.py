"""Orders to erase a contribution: who asked, is not in them; that the organiser orders it, is.

`docs/format.md`, section 15. An order is good for ever, says the same wherever it arrives, and can
be carried out any number of times. The server's own key may sign one, too: what its operator does
is named at the desk.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync import crockford
from sync.contribution import ID_BYTES
from sync.receipt import read_code
from sync.register.entry import Reason
from sync.statement import ForgedStatement, Statement, UnreadableStatement, b64, sign_statement

LABEL = "parvis erasure 1"

LARGEST_ORDER = 4096

REASONS = {one.name.lower(): one for one in Reason}
"""As they are named on a command line."""


@dataclass(frozen=True)
class Erasure:
    """That a contribution is to be erased everywhere.

    Attributes:
        consultation: its consultation's id.
        id: the contribution's, 16 bytes.
        reason: why; it stands in the register.
        day: when it was ordered.
    """

    consultation: str
    id: bytes
    reason: Reason
    day: date

    def sign(self, key: Ed25519PrivateKey) -> bytes:
        """The order, signed by the organiser or by the server."""
        said = {
            "by": b64(key.public_key().public_bytes_raw()),
            "consultation": self.consultation,
            "day": self.day.isoformat(),
            "id": self.id.hex(),
            "reason": self.reason.value,
        }
        return sign_statement(key, LABEL, said)


@dataclass(frozen=True)
class Ordered:
    """An order as it was read, and who signed it."""

    erasure: Erasure
    by: bytes


def read_order(order: bytes, signers: Iterable[bytes]) -> Ordered:
    """An order that one of these public keys signed.

    Raises:
        UnreadableStatement: it is none.
        ForgedStatement: none of them signed it.
    """
    statement = Statement(order)
    signer = statement.raw("by")
    if signer not in signers:
        raise ForgedStatement("This order to erase is not signed by this consultation's organiser.")
    statement.verify(Ed25519PublicKey.from_public_bytes(signer), LABEL)
    try:
        id_ = bytes.fromhex(statement.text("id"))
        reason, day = Reason(statement.whole("reason")), date.fromisoformat(statement.text("day"))
    except ValueError:
        raise UnreadableStatement("This order to erase cannot be read.") from None
    if len(id_) != ID_BYTES:
        raise UnreadableStatement("This order to erase cannot be read.")
    return Ordered(Erasure(statement.text("consultation"), id_, reason, day), signer)


def consultation_of(order: bytes) -> str:
    """Which consultation an order claims to be about; believe nothing else of it yet.

    Raises:
        UnreadableStatement: it is no order.
    """
    return Statement(order).text("consultation")


def write_orders(orders: Iterable[tuple[int, bytes]]) -> bytes:
    """Numbered orders of one consultation, as they travel to devices."""
    lines = [
        {"number": number, "order": base64.b64encode(order).decode()} for number, order in orders
    ]
    return json.dumps({"orders": lines}, separators=(",", ":")).encode()


def read_orders(body: bytes) -> list[tuple[int, bytes]]:
    """Numbered orders; neither numbers nor orders are believed yet.

    Raises:
        UnreadableStatement: it is something else.
    """
    try:
        lines = json.loads(body)["orders"]
        return [
            (int(one["number"]), base64.b64decode(one["order"], validate=True)) for one in lines
        ]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UnreadableStatement("These orders to erase cannot be read.") from None


def ids_of(code: str) -> tuple[bytes, bytes]:
    """The lowest and the highest id that a receipt's code may stand for.

    Raises:
        MistypedCode: it is none.
    """
    letters = read_code(code).replace("-", "")[:-1]
    value = 0
    for letter in letters:
        value = value << 5 | crockford.ALPHABET.index(letter)
    free = 8 * ID_BYTES - 5 * len(letters)
    first = value << free
    last = first | (1 << free) - 1
    return first.to_bytes(ID_BYTES, "big"), last.to_bytes(ID_BYTES, "big")
