"""Mediators and stewards of this device: a name, a role, a PIN.

A PIN is kept as an Argon2id hash alone. After three wrong tries each further one has to wait, and
the wait doubles, up to an hour; tries and waits outlive a restart.
"""

import logging
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from enum import Enum
from hmac import compare_digest
from itertools import pairwise
from threading import Lock, RLock
from time import time
from typing import Any

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from sqlite_utils import Database
from sqlite_utils.db import NotFoundError

from kiosk.errors import DeviceError

log = logging.getLogger(__name__)
"""Without names: whose account it is, the shift plan says."""

SHORTEST_PIN = 4
LONGEST_PIN = 12
COMMON_PINS = frozenset({"1004", "1122", "1379", "2468", "1357", "2580", "0852", "1590", "147258"})
"""Chosen often without being a row, a year or a repetition."""

TRIES_BEFORE_WAIT = 3
FIRST_WAIT = 5.0  # seconds
LONGEST_WAIT = 3600.0
# OWASP's recommendation for Argon2id, and then some: about 0.1 s on a small kiosk.
_MEMORY_KIB = 64 * 1024
_ITERATIONS = 2
_LANES = 2
_ALONE = Lock()
"""Two of several lanes at once wait for each other for ever in OpenSSL's pool of threads: a command
that adds somebody would stop the screen on which somebody signs in."""


class Role(Enum):
    """What an account is for."""

    MEDIATOR = "mediator"
    STEWARD = "steward"


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in at this device."""

    name: str
    role: Role


class WrongPinError(DeviceError):
    """The PIN is not this account's."""


class MustWaitError(DeviceError):
    """Too many wrong PINs; `seconds` until the next one is looked at."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many wrong PINs. Wait {seconds} seconds, then try again.")
        self.seconds = seconds


class Accounts:
    """The accounts of one device, in its database.

    Args:
        database: the device's.
        clock: wall time in seconds: waits must outlive a restart.
        guard: held while the database is used; the device's own where other threads use it, too.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float] = time,
        guard: AbstractContextManager[object] | None = None,
    ) -> None:
        self._table = database.table("accounts")
        self._clock = clock
        self._guard = RLock() if guard is None else guard
        with self._guard:
            if not self._table.exists():
                self._table.create(
                    {
                        "name": str,
                        "role": str,
                        "salt": bytes,
                        "pin": bytes,
                        "wrong": int,
                        "wait_until": float,
                    },
                    pk="name",
                    not_null={"role", "salt", "pin", "wrong", "wait_until"},
                )

    def add(self, name: str, role: Role, pin: str) -> Account:
        """Make an account, or give one that exists a new PIN and role.

        Raises:
            DeviceError: the name is empty, or the PIN is not 4 to 12 digits, or easily guessed.
        """
        name = name.strip()
        if not name or len(name) > 60:
            raise DeviceError("An account needs a name of at most 60 letters.")
        if not (pin.isascii() and pin.isdigit() and SHORTEST_PIN <= len(pin) <= LONGEST_PIN):
            raise DeviceError(f"A PIN is {SHORTEST_PIN} to {LONGEST_PIN} digits, nothing else.")
        if easily_guessed(pin):
            raise DeviceError(
                "This PIN is one of the first that anybody tries. Choose digits that form no row, "
                "no year and no repetition."
            )
        salt = os.urandom(16)
        row = {
            "name": name,
            "role": role.value,
            "salt": salt,
            "pin": _derived(salt, pin),
        }
        with self._guard:
            self._table.upsert({**row, "wrong": 0, "wait_until": 0.0}, pk="name")
        return Account(name, role)

    def remove(self, name: str) -> None:
        """Take an account away.

        Raises:
            DeviceError: there is none of that name.
        """
        with self._guard:
            if not self._row(name):
                raise DeviceError(f"Nobody called {name} has an account on this device.")
            self._table.delete(name)

    def all(self) -> tuple[Account, ...]:
        """Every account, by name."""
        with self._guard:
            return tuple(
                Account(row["name"], Role(row["role"]))
                for row in self._table.rows_where(order_by="name")
            )

    def sign_in(self, name: str, pin: str) -> Account:
        """Check a PIN; every wrong one is counted before it is looked at.

        Raises:
            MustWaitError: there were too many wrong ones; this one was not looked at.
            WrongPinError: it is not right.
        """
        row = self._row(name)
        if row is None:
            log.warning("a PIN was tried for an account that is not there")
            raise WrongPinError("This PIN is not right.")
        wait = float(row["wait_until"]) - self._clock()
        if wait > LONGEST_WAIT:  # the clock was set back: the wait begins again by the new time
            wait = LONGEST_WAIT
            self._note(name, {"wait_until": self._clock() + wait})
        if wait > 0:
            log.warning("a PIN was tried while one has to wait")
            raise MustWaitError(int(wait) + 1)
        wrong = int(row["wrong"]) + 1
        pause = 0.0
        if wrong >= TRIES_BEFORE_WAIT:
            pause = min(FIRST_WAIT * 2 ** min(wrong - TRIES_BEFORE_WAIT, 20), LONGEST_WAIT)
        self._note(name, {"wrong": wrong, "wait_until": self._clock() + pause})
        if not compare_digest(_derived(row["salt"], pin), row["pin"]):
            log.warning("a wrong PIN, %d in a row", wrong)
            raise WrongPinError("This PIN is not right.")
        self._note(name, {"wrong": 0, "wait_until": 0.0})
        log.warning("signed in: a %s", row["role"])
        return Account(name, Role(row["role"]))

    def _row(self, name: str) -> dict[str, Any] | None:
        with self._guard:
            return next(iter(self._table.rows_where("name = ?", [name])), None)

    def _note(self, name: str, known: dict[str, float]) -> None:
        """Write down something about an account, unless it was taken away meanwhile."""
        with self._guard, suppress(NotFoundError):
            self._table.update(name, known)


def easily_guessed(pin: str) -> bool:
    """Whether a PIN is a row (1234, 9876), a repetition (7777, 1212), a year, or a common one."""
    steps = {(int(after) - int(digit)) % 10 for digit, after in pairwise(pin)}
    repeated = any(pin == pin[:size] * (len(pin) // size) for size in range(1, len(pin) // 2 + 1))
    year = len(pin) == 4 and 1900 <= int(pin) < 2100
    return steps in ({1}, {9}) or repeated or year or pin in COMMON_PINS


def _derived(salt: bytes, pin: str) -> bytes:
    """What is kept of a PIN."""
    kdf = Argon2id(
        salt=salt, length=32, iterations=_ITERATIONS, lanes=_LANES, memory_cost=_MEMORY_KIB
    )
    with _ALONE:
        return kdf.derive(pin.encode())
