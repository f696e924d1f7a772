"""The server's signed list of the consultations that it publishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from sync.signed import NEWEST
from sync.statement import ForgedStatement, Statement, UnreadableStatement, sign_statement

_LABEL = "parvis consultations 1"


@dataclass(frozen=True)
class ListedConsultation:
    """One line.

    Attributes:
        id: a consultation's.
        version: its newest.
        package_hash: SHA-256 of its package, hex.
        erased: how many of its contributions were ordered to be erased.
    """

    id: str
    version: int
    package_hash: str
    erased: int = 0


def sign_listing(
    key: Ed25519PrivateKey, listed: Sequence[ListedConsultation], fresh: str, instance: str = ""
) -> bytes:
    """The list, signed.

    Args:
        key: the server's.
        listed: what it publishes.
        fresh: comes back so that the asker knows it was made for them.
        instance: changes whenever the server may have been set back to an older state.
    """
    lines: list[dict[str, object]] = []
    for one in listed:
        lines.append({"id": one.id, "version": one.version, "package": one.package_hash})
        if one.erased:
            lines[-1]["erased"] = one.erased
    said = {"consultations": lines, "format": NEWEST, "fresh": fresh, "instance": instance}
    return sign_statement(key, _LABEL, said)


def instance_in(body: bytes) -> str:
    """The instance of the server that signed a list that was read before; "" where it has none."""
    try:
        return Statement(body).text("instance")
    except UnreadableStatement:
        return ""


def format_in(body: bytes) -> int:
    """The newest version of the format that the server reads, by a list that was read before.

    A server of before says nothing of it, and reads version 1.
    """
    try:
        return max(1, Statement(body).whole("format"))
    except UnreadableStatement:
        return 1


def read_listing(
    body: bytes, server_public: Ed25519PublicKey, fresh: str
) -> tuple[ListedConsultation, ...]:
    """The list, checked.

    Raises:
        UnreadableStatement: it is no list: a captive portal's page, for instance.
        ForgedStatement: the server did not sign it, or not for this question.
    """
    statement = Statement(body)
    statement.verify(server_public, _LABEL)
    if statement.text("fresh") != fresh:
        raise ForgedStatement("The list of consultations is an old one, shown again.")
    listed = []
    for line in statement.objects("consultations"):
        id_, version, package = line.get("id"), line.get("version"), line.get("package")
        if not (isinstance(id_, str) and isinstance(version, int) and isinstance(package, str)):
            raise UnreadableStatement("The list of consultations cannot be read.")
        erased = line.get("erased", 0)
        if not isinstance(erased, int):
            raise UnreadableStatement("The list of consultations cannot be read.")
        listed.append(ListedConsultation(id_, version, package, erased))
    return tuple(listed)
