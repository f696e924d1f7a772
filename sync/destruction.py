"""Records that a recipient key was destroyed: what was sealed to it opens never again.

`docs/format.md`, section 14. The organiser signs which key, when, why, and for each consultation
how many contributions were opened with it, and how far the register stood that the desk saw last.
A consultation's id follows from the organiser's key and the form's id; so who knows the id, from a
receipt or from the register, can check the record with nothing else (`parvis-verify destroyed`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.keys import RecipientPublic, Suite
from sync.statement import Statement, UnreadableStatement, b64, sign_statement

LABEL = "parvis destroyed key 1"


@dataclass(frozen=True)
class OpenedWith:
    """What one consultation had of a key.

    Attributes:
        consultation: its id.
        form: its form's id, which its own id follows from.
        opened: contributions in the desk's store that were sealed to the key.
        registered: entries of the register that the desk saw last.
    """

    consultation: str
    form: str
    opened: int
    registered: int


@dataclass(frozen=True)
class Destruction:
    """That a key was destroyed.

    Attributes:
        public: the key's public half, without its label.
        at: when, by the desk's clock, in UTC.
        reason: the organiser's words.
        consultations: what was opened with it.
    """

    public: RecipientPublic
    at: datetime
    reason: str
    consultations: tuple[OpenedWith, ...]

    @property
    def key_id(self) -> bytes:
        """The key's id."""
        return self.public.id

    def sign(self, organiser: Ed25519PrivateKey) -> bytes:
        """The record."""
        said = {
            "at": self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "consultations": [
                {
                    "form": one.form,
                    "id": one.consultation,
                    "opened": one.opened,
                    "registered": one.registered,
                }
                for one in self.consultations
            ],
            "key": b64(self.public.key),
            "key_id": self.key_id.hex(),
            "organiser": b64(organiser.public_key().public_bytes_raw()),
            "reason": self.reason,
            "suite": int(self.public.suite),
        }
        return sign_statement(organiser, LABEL, said)


def read_destruction(record: bytes, organiser: Ed25519PublicKey) -> Destruction:
    """A record that this organiser signed.

    Raises:
        UnreadableStatement: it is none.
        ForgedStatement: it is another's.
    """
    statement = Statement(record)
    statement.verify(organiser, LABEL)
    try:
        public = RecipientPublic(Suite(statement.whole("suite")), statement.raw("key"))
        at = datetime.strptime(statement.text("at"), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        opened = tuple(_opened_with(statement.objects("consultations")))
    except (ValueError, KeyError, TypeError):
        raise UnreadableStatement("This record of a destroyed key cannot be read.") from None
    return Destruction(public, at, statement.text("reason"), opened)


def _opened_with(lines: Sequence[dict[str, object]]) -> list[OpenedWith]:
    read = []
    for line in lines:
        id_, form, opened, registered = (
            line[name] for name in ("id", "form", "opened", "registered")
        )
        if not (isinstance(id_, str) and isinstance(form, str)):
            raise TypeError
        if not (isinstance(opened, int) and isinstance(registered, int)):
            raise TypeError
        read.append(OpenedWith(id_, form, opened, registered))
    return read
