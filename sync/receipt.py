"""Receipts: the device's signed promise that a contribution will be in the register.

`docs/format.md`, section 7. Nothing of the content is on it. The code is for typing, the QR for
scanning; the QR leads to the server's page on this one contribution. The promise is part of the
path, and not behind a `#`, so that the page needs no script; it says nothing of the content.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync import crockford
from sync.contribution import HASH_BYTES, contribution_id
from sync.errors import ForgedReceipt, MistypedCode, UnfitAddress
from sync.keys import KEY_ID_BYTES, SIGNATURE_BYTES, signature_fits, signing_key_id
from sync.wire import Reader, number, sized

LONGEST_ADDRESS = 60  # characters; keeps the QR code at version 10, error correction M

_CODE_LETTERS = 12
_CONSULTATION_BYTES = 10
_VERSION = 1
_LABEL = b"parvis/1 receipt\x00"
_FIRST_DAY = date(1970, 1, 1)


@dataclass(frozen=True)
class Receipt:
    """What the contributor takes away.

    Attributes:
        consultation: its id.
        commitment: what the register will hold, 32 bytes.
        device_key_id: of the device that promises.
        day: when, by the device's clock, in UTC.
        signature: the device's.
    """

    consultation: str
    commitment: bytes
    device_key_id: bytes
    day: date
    signature: bytes

    @classmethod
    def promise(
        cls, consultation: str, commitment: bytes, device_key: Ed25519PrivateKey, now: float
    ) -> "Receipt":
        """Sign the promise.

        Args:
            consultation: its id.
            commitment: of the contribution, which is durably stored or about to be.
            device_key: signs.
            now: seconds since 1970; only the day is kept.
        """
        day = datetime.fromtimestamp(max(now, 0.0), UTC).date()
        key_id = signing_key_id(device_key.public_key())
        promised = _promised(consultation, commitment, key_id, day)
        return cls(consultation, commitment, key_id, day, device_key.sign(promised))

    @classmethod
    def again(cls, consultation: str, promised: bytes, device_key: Ed25519PrivateKey) -> "Receipt":
        """The receipt given before, byte for byte.

        Args:
            consultation: its id.
            promised: what that receipt's `promised` was.
            device_key: the same as then.
        """
        reader = Reader(promised, ForgedReceipt)
        commitment, days = reader.take(HASH_BYTES), reader.number(0xFFFF)
        reader.done()
        seconds = timedelta(days=days).total_seconds()
        return cls.promise(consultation, commitment, device_key, seconds)

    @classmethod
    def promised_by(
        cls, consultation: str, promised: bytes, device_key_id: bytes, signature: bytes
    ) -> "Receipt":
        """The receipt that these make together.

        Raises:
            ForgedReceipt: `promised` is no promise.
        """
        reader = Reader(promised, ForgedReceipt)
        commitment, days = reader.take(HASH_BYTES), reader.number(0xFFFF)
        reader.done()
        day = _FIRST_DAY + timedelta(days=days)
        return cls(consultation, commitment, device_key_id, day, signature)

    @property
    def promised(self) -> bytes:
        """What the device has to remember in order to give the same receipt `again`."""
        return self.commitment + number((self.day - _FIRST_DAY).days)

    @property
    def id(self) -> bytes:
        """The contribution's id, 16 bytes."""
        return contribution_id(self.consultation, self.commitment)

    @property
    def code(self) -> str:
        """The short code: XXXX-XXXX-XXXX."""
        return receipt_code(self.id)

    def qr_payload(self, address: str) -> str:
        """What the receipt's QR code holds: a link to the server's page for receipts.

        Args:
            address: the server's public address, such as "https://participer.example.org"; as far
                as it reads the same in capitals it is written in capitals, which take less room.

        Raises:
            UnfitAddress: it is no http(s) address, or longer than 60 characters.
        """
        return f"{_capitals(address)}/R/{crockford.encode(self._payload())}"

    @classmethod
    def from_qr(cls, text: str) -> "Receipt":
        """Read what a QR code held; whether the promise is genuine, `verify` tells.

        Raises:
            ForgedReceipt: it is no receipt.
        """
        try:
            reader = Reader(crockford.decode(text.strip().rpartition("/")[2]), ForgedReceipt)
        except MistypedCode:
            raise ForgedReceipt() from None
        if reader.number() != _VERSION:
            raise ForgedReceipt()
        consultation = crockford.encode(reader.take(_CONSULTATION_BYTES))
        commitment = reader.take(HASH_BYTES)
        key_id = reader.take(KEY_ID_BYTES)
        day = _FIRST_DAY + timedelta(days=reader.number(0xFFFF))
        receipt = cls(consultation, commitment, key_id, day, reader.take(SIGNATURE_BYTES))
        reader.done()
        return receipt

    def verify(self, device: Ed25519PublicKey) -> None:
        """Check that `device` made this promise.

        Raises:
            ForgedReceipt: it did not.
        """
        promised = _promised(self.consultation, self.commitment, self.device_key_id, self.day)
        if self.device_key_id != signing_key_id(device) or not signature_fits(
            device, self.signature, promised
        ):
            raise ForgedReceipt()

    def _payload(self) -> bytes:
        consultation = crockford.decode(self.consultation)
        if len(consultation) != _CONSULTATION_BYTES:
            raise ValueError(f"{self.consultation!r} is not a consultation's id")
        return b"".join(
            (
                number(_VERSION),
                consultation,
                self.commitment,
                self.device_key_id,
                number((self.day - _FIRST_DAY).days),
                self.signature,
            )
        )


def receipt_code(contribution: bytes) -> str:
    """The code of a contribution's receipt: 55 bits of its id and a check character."""
    letters = crockford.encode(contribution)[: _CODE_LETTERS - 1]
    return crockford.grouped(letters + crockford.check_character(letters))


def read_code(text: str) -> str:
    """A typed code as `receipt_code` writes it.

    Raises:
        MistypedCode: it has a slip in it.
    """
    letters = crockford.checked(text, _CODE_LETTERS)
    return crockford.grouped(letters + crockford.check_character(letters))


def _promised(consultation: str, commitment: bytes, device_key_id: bytes, day: date) -> bytes:
    days = number((day - _FIRST_DAY).days)
    return _LABEL + sized(consultation.encode()) + commitment + device_key_id + days


def _capitals(address: str) -> str:
    """The address without its last slash, scheme and host in capitals (RFC 3986, 6.2.2.1)."""
    split = urlsplit(address)
    if split.scheme not in ("http", "https") or not split.netloc or split.query or split.fragment:
        raise UnfitAddress(f"“{address}” is no web address that a receipt can lead to.")
    written = f"{split.scheme}://{split.netloc}".upper() + split.path.rstrip("/")
    if len(written) > LONGEST_ADDRESS:
        raise UnfitAddress()
    return written
