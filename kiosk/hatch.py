"""The hatch: a socket in the data directory, where the kiosk that runs takes work from commands.

One process alone uses a device (`Device.open`). So `parvis-kiosk people add`, `sync`, `transcribe`
and their like hand what is to be done to the kiosk where one runs, and do it themselves where none
does (`work_at`). Who may write in the directory may hand things in: the socket is for its user
alone. Both sides have to be of one version.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from forms.errors import FormError
from kiosk.errands import ERRANDS, Tell
from kiosk.errors import DeviceError
from kiosk.frames import JSON, Garbled, Message, receive, send
from kiosk.greeting import renew_greeting
from kiosk.transcription import Interrupted, Sealer
from sync import consultation as packages
from sync.attachment import Attachment
from sync.consultation import Consultation
from sync.contribution import Contribution
from sync.device import Device
from sync.errors import DeviceBusy, ErasedAlready, MalformedContribution, SyncError
from sync.receipt import Receipt

log = logging.getLogger(__name__)

SOCKET = "hatch"
_ALIVE = 5.0  # seconds between two signs of life while an errand takes its time
_SILENCE = 120.0  # seconds without any after which nobody is waited for
_OPENING = 2.0  # seconds that a kiosk takes to open its hatch once it has the device
_LOOK = 0.05
_ENDING = 10.0  # seconds that errands under way have when the kiosk ends

# What a caller has to tell from other refusals.
_KINDS: Mapping[str, type[SyncError]] = {
    kind.__name__: kind for kind in (SyncError, ErasedAlready, MalformedContribution)
}


_BRINGING = frozenset({"sync", "courier_in"})
"""After these another consultation may be here; a kiosk that runs sees to that by itself."""


class AnotherVersion(DeviceError):
    """The kiosk that runs is of another version than the command."""


class SilentKiosk(Interrupted):
    """The kiosk that runs does not answer."""


class Work(Protocol):
    """Where errands are done."""

    def do(self, errand: str, given: Message, tell: Tell = lambda said: None) -> Message:
        """Have one done.

        Raises:
            SyncError, DeviceError: it was refused; the sentence says why.
        """

    def sealer(self, consultation_id: str) -> Sealing:
        """Where contributions to a consultation are sealed."""


class Sealing(Sealer, Protocol):
    """A consultation, and what seals contributions to it."""

    consultation: Consultation


@contextmanager
def work_at(data: Path) -> Iterator[Work]:
    """Do errands at the device kept in a directory: here, or by the kiosk that runs on it.

    Raises:
        DeviceBusy: another command is at work on it.
        AnotherVersion, SilentKiosk: the kiosk that runs cannot do them.
        SyncError: the device cannot be opened.
    """
    until = time.monotonic() + _OPENING
    while True:
        try:
            device = Device.open(data)
        except DeviceBusy:
            connection = _connected(data)
            if connection is None and time.monotonic() < until:
                time.sleep(_LOOK)  # it may be opening, or closing
                continue
            if connection is None:
                raise
            with connection:
                yield _There(connection)
            return
        with device:
            yield _Here(device)
        return


# --- here -----------------------------------------------------------------------------------------


class _Here:
    """This process has the device."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def do(self, errand: str, given: Message, tell: Tell = lambda said: None) -> Message:
        done = ERRANDS[errand](self._device, given, tell)
        if errand in _BRINGING:
            renew_greeting(self._device, self._device.directory)
        return done

    def sealer(self, consultation_id: str) -> Sealing:
        return _SealingHere(self._device, self._device.consultation(consultation_id))


class _SealingHere:
    def __init__(self, device: Device, consultation: Consultation) -> None:
        self.consultation = consultation
        self.key_id = device.key_id
        self.sealed_of = device.sealed_of
        self.confirm = device.confirm


# --- there ----------------------------------------------------------------------------------------


class _There:
    """The kiosk that runs has the device."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._greet()

    def do(self, errand: str, given: Message, tell: Tell = lambda said: None) -> Message:
        answer = self._ask(Message({**given.said, "errand": errand}, given.content), tell)
        if "refused" in answer.said:
            kind = _KINDS.get(answer.text("kind"))
            raise (DeviceError if kind is None else kind)(answer.text("refused"))
        return answer

    def sealer(self, consultation_id: str) -> Sealing:
        return _SealingThere(self, consultation_id)

    def _greet(self) -> None:
        answer = self._ask(Message({"parvis": version("parvis")}), lambda said: None)
        theirs = answer.text("parvis")
        if theirs != version("parvis"):
            raise AnotherVersion(
                f"The kiosk that runs here is Parvis {theirs or 'of another version'}, and this "
                f"command {version('parvis')}. Restart the kiosk, then try again."
            )

    def _ask(self, message: Message, tell: Tell) -> Message:
        try:
            send(self._connection, message)
            while (answer := receive(self._connection)) is not None:
                if answer.yes("alive"):
                    continue
                if answer.yes("progress"):
                    tell(answer.said)
                    continue
                return answer
        except TimeoutError:
            raise SilentKiosk(
                "The kiosk that runs here does not answer. Try again in a moment; if it goes on, "
                "restart the kiosk."
            ) from None
        except (OSError, Garbled):
            pass  # killed in the middle of a word
        raise SilentKiosk(
            "The kiosk ended while this was under way. Try again: what was done is not done twice."
        )


class _SealingThere:
    """Rows are filled here, and sealed there."""

    def __init__(self, there: _There, consultation_id: str) -> None:
        answer = there.do("consultation", Message({"consultation": consultation_id}))
        self.consultation = packages.read(answer.content[0])
        self.key_id = bytes.fromhex(answer.text("key_id"))
        self._there = there

    def sealed_of(self, consultation_id: str, origins: Collection[str]) -> frozenset[str]:
        asked = Message({"consultation": consultation_id, "origins": list(origins)})
        return frozenset(self._there.do("sealed_of", asked).texts("origins"))

    def confirm(
        self,
        consultation_id: str,
        contribution: Contribution,
        attachments: Sequence[Attachment] = (),
        origin: str = "",
    ) -> Receipt:
        said: Mapping[str, JSON] = {
            "consultation": consultation_id,
            "origin": origin,
            "names": [one.name for one in attachments],
            "types": [one.media_type for one in attachments],
        }
        content = (contribution.to_json(), *(one.content for one in attachments))
        answer = self._there.do("seal", Message(said, content))
        promised, signature = answer.content
        return Receipt.promised_by(consultation_id, promised, self.key_id, signature)


def _connected(data: Path) -> socket.socket | None:
    """A connection to the kiosk that runs on a directory; None where none listens."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(_SILENCE)
    try:
        with _reached(data) as path:
            connection.connect(path)
    except OSError:
        connection.close()
        return None
    return connection


@contextmanager
def _reached(data: Path) -> Iterator[str]:
    """The socket's path, short enough wherever the directory is: addresses have 108 bytes."""
    directory = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{SOCKET}"
    finally:
        os.close(directory)


# --- the kiosk's side -----------------------------------------------------------------------------


class Hatch:
    """Takes work from commands, beside the screens; `start` it, `stop` it.

    Args:
        device: what is worked at; held by this process.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self._listening: socket.socket | None = None
        self._stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._at_work: set[threading.Thread] = set()
        self._guard = threading.Lock()

    def start(self) -> None:
        """Open the hatch. Where that cannot be, commands say that the kiosk has the device."""
        path = self._device.directory / SOCKET
        listening = socket.socket(socket.AF_UNIX)
        try:
            path.unlink(missing_ok=True)  # of a kiosk that was killed: the device is ours
            os.fchmod(listening.fileno(), 0o600)
            with _reached(self._device.directory) as reached:
                listening.bind(reached)
            path.chmod(0o600)
            listening.listen(16)
        except OSError as error:
            listening.close()
            log.warning("commands cannot reach this kiosk while it runs: %s", error.strerror)
            return
        self._listening = listening
        threading.Thread(target=self._accept, name="parvis-hatch", daemon=True).start()

    def stop(self) -> None:
        """Close it; what is under way may end, and nothing new begins."""
        self._stopping.set()
        if self._listening is not None:
            (self._device.directory / SOCKET).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
        until = time.monotonic() + _ENDING
        with self._guard:
            at_work, open_ = list(self._at_work), list(self._open)
        for thread in at_work:
            thread.join(max(0.0, until - time.monotonic()))
        for connection in open_:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        assert self._listening is not None
        while not self._stopping.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with self._guard:
                self._open.add(connection)
            threading.Thread(
                target=self._serve, args=(connection,), name="parvis-errand", daemon=True
            ).start()

    def _serve(self, connection: socket.socket) -> None:
        """One command's errands, one after the other."""
        try:
            greeting = receive(connection)
            if greeting is None:
                return
            send(connection, Message({"parvis": version("parvis")}))
            if greeting.text("parvis") != version("parvis"):
                return
            while (asked := receive(connection)) is not None:
                if not self._answer(connection, asked):
                    return
        except (OSError, Garbled):
            pass  # the command has ended; what it asked for is done, or was never begun
        finally:
            with self._guard:
                self._open.discard(connection)
            connection.close()

    def _answer(self, connection: socket.socket, asked: Message) -> bool:
        """Do one errand, with signs of life while it takes its time; whether more may come."""
        sending = threading.Lock()
        answers: list[Message] = []

        def say(message: Message) -> None:
            with sending:
                send(connection, message)

        def tell(said: Mapping[str, JSON]) -> None:
            with contextlib.suppress(OSError):  # nobody listens any more; the errand goes on
                say(Message({**said, "progress": True}))

        with self._guard:
            if self._stopping.is_set():
                return False
            thread = threading.Thread(
                target=lambda: answers.append(_done(self._device, asked, tell)), daemon=True
            )
            self._at_work.add(thread)
            thread.start()
        try:
            while thread.is_alive():
                thread.join(_ALIVE)
                if thread.is_alive():
                    say(Message({"alive": True}))
            say(answers[0])
        finally:
            thread.join()
            with self._guard:
                self._at_work.discard(thread)
        return True


def _done(device: Device, asked: Message, tell: Callable[[Mapping[str, JSON]], None]) -> Message:
    errand = ERRANDS.get(asked.text("errand"))
    if errand is None:
        return Message({"refused": "The kiosk that runs here knows no such errand.", "kind": ""})
    try:
        return partial(errand, device, asked, tell)()
    except SyncError as error:
        kind = type(error).__name__
        return Message({"refused": str(error), "kind": kind if kind in _KINDS else "SyncError"})
    except (DeviceError, FormError) as error:
        return Message({"refused": str(error), "kind": ""})
    except OSError as error:
        why = error.strerror or type(error).__name__
        return Message({"refused": f"The operating system refused: {why}.", "kind": ""})
    except Exception as error:  # noqa: BLE001 - the outermost edge of this thread
        log.error("%s in an errand", type(error).__name__)
        said = "The kiosk failed for a reason that Parvis does not know; see its log."
        return Message({"refused": said, "kind": ""})
