"""Speech by espeak-ng, and recordings, into the sound card; can be interrupted at any moment.

Words and sounds go through pipes and memory alone: neither ever reaches the disk. A synthesiser
waits ready for the next words, with its voice loaded, so that a screen is heard as it opens.
"""

import logging
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from threading import Lock, Thread
from typing import IO

from kiosk.devices.sound import RATE, UnplayableSound
from kiosk.speech.aloud import aloud
from kiosk.speech.parts import Part, Recording, Speech, joined
from kiosk.speech.recording import paced_samples

log = logging.getLogger(__name__)

SPEEDS = (90, 120, 150, 190, 240, 300, 380)  # words a minute
USUAL_SPEED = 2
VOLUMES = (20, 40, 65, 100, 140, 200)  # percent of the synthesiser's own
USUAL_VOLUME = 3

# What espeak-ng calls the voice of a language, where that is not the language's own code.
# Its plain voice for Mandarin reads the sounds of characters as if they were English words.
_VOICES = {"en": "en-gb", "zh": "cmn-latn-pinyin", "no": "nb", "kab": "fr"}


def voice_of(language: str) -> str:
    """What espeak-ng calls the voice that says this language."""
    primary = language.split("-")[0]
    return _VOICES.get(primary, primary)


_Processes = tuple["subprocess.Popen[bytes]", ...]


class Voice:
    """Says one thing at a time, in parts.

    Args:
        synthesiser: path of espeak-ng.
        player: path of aplay, with the arguments that choose a device.
    """

    def __init__(self, synthesiser: str, player: tuple[str, ...]) -> None:
        self._synthesiser = synthesiser
        self._player = player
        self._speed = USUAL_SPEED
        self._volume = USUAL_VOLUME
        self._saying: _Utterance | None = None
        self._ready: tuple[tuple[str, int, int], subprocess.Popen[bytes]] | None = None
        self._lock = Lock()

    # --- saying -------------------------------------------------------------------------------

    def say(self, parts: Sequence[Part]) -> None:
        """Begin to say this, instead of what is being said."""
        self.hush()
        wanted = joined(parts)
        if wanted:
            try:
                self._saying = _Utterance(self, wanted)
            except OSError as error:
                _complain(error)

    @property
    def speaks(self) -> bool:
        """Whether something is being said."""
        return self._saying is not None and self._saying.goes_on

    def hush(self) -> None:
        """Be silent at once."""
        if self._saying is not None:
            self._saying.stop()
            self._saying = None

    def close(self) -> None:
        """Be silent for good; leave no process behind."""
        self.hush()
        with self._lock:
            if self._ready is not None:
                _end(self._ready[1])
                self._ready = None

    # --- how fast, how loud -------------------------------------------------------------------

    @property
    def speed(self) -> int:
        """Which of `SPEEDS`, from 0."""
        return self._speed

    @speed.setter
    def speed(self, step: int) -> None:
        self._speed = max(0, min(len(SPEEDS) - 1, step))

    @property
    def volume(self) -> int:
        """Which of `VOLUMES`, from 0."""
        return self._volume

    @volume.setter
    def volume(self, step: int) -> None:
        self._volume = max(0, min(len(VOLUMES) - 1, step))

    def calm_down(self) -> None:
        """Silent, and as fast and loud as the next person should find it."""
        self.hush()
        self.speed, self.volume = USUAL_SPEED, USUAL_VOLUME

    # --- processes ----------------------------------------------------------------------------

    def be_ready(self, language: str) -> None:
        """Have a synthesiser wait for words in this language."""
        key = (language, self._speed, self._volume)
        with self._lock:
            if self._ready is not None:
                if self._ready[0] == key and self._ready[1].poll() is None:
                    return
                _end(self._ready[1])
            self._ready = None
            try:
                self._ready = (key, self._start_synthesiser(*key))
            except OSError as error:
                _complain(error)

    def begin(self, part: Part) -> "_Processes":
        """Start the processes that make this part heard, the one that plays last."""
        if isinstance(part, Speech):
            return self._begin_words(part)
        raw = ("-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(RATE))
        return (self._play(subprocess.PIPE, *raw),)

    def feed(self, recording: Recording, player: "subprocess.Popen[bytes]") -> bool:
        """Give a recording's samples to the player as it takes them; says if there were any."""
        pace = SPEEDS[self._speed] / SPEEDS[USUAL_SPEED]
        loudness = VOLUMES[self._volume] / VOLUMES[USUAL_VOLUME]
        assert player.stdin is not None
        fed = False
        with suppress(BrokenPipeError), player.stdin as pipe:  # broken where it was hushed
            try:
                for samples in paced_samples(recording.sound, pace, loudness):
                    fed = True
                    pipe.write(samples)
            except UnplayableSound as error:
                log.warning("%s", error)
        return fed

    def _begin_words(self, words: Speech) -> _Processes:
        synthesiser = self._take_ready((words.language, self._speed, self._volume))
        assert synthesiser.stdin is not None and synthesiser.stdout is not None
        try:
            playing = self._play(synthesiser.stdout)
        except OSError:
            _end(synthesiser)
            raise
        synthesiser.stdout.close()
        try:
            synthesiser.stdin.write(aloud(words.text, words.language).encode())
            synthesiser.stdin.close()
        except BrokenPipeError:  # it knows no such voice: nothing is heard
            pass
        return (synthesiser, playing)

    def _take_ready(self, key: tuple[str, int, int]) -> "subprocess.Popen[bytes]":
        with self._lock:
            ready, self._ready = self._ready, None
        if ready is not None:
            if ready[0] == key and ready[1].poll() is None:
                return ready[1]
            _end(ready[1])
        return self._start_synthesiser(*key)

    def _start_synthesiser(
        self, language: str, speed: int, volume: int
    ) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603
            [
                *(self._synthesiser, "-v", voice_of(language)),
                *("-s", str(SPEEDS[speed]), "-a", str(VOLUMES[volume]), "--stdin", "--stdout"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def _play(self, source: "IO[bytes] | int", *arguments: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603
            [*self._player, *arguments, "-"],
            stdin=source,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


class _Utterance:
    """Several parts, one after the other; the first begins at once."""

    def __init__(self, voice: Voice, parts: Sequence[Part]) -> None:
        self._voice = voice
        self._stopped = False
        self._lock = Lock()
        self._running = voice.begin(parts[0])
        self._thread = Thread(target=self._go_on, args=(parts,), daemon=True)
        self._thread.start()

    @property
    def goes_on(self) -> bool:
        """Whether anything of it is still to be heard."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Nothing more of it is heard."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.kill()
        self._thread.join()

    def _go_on(self, parts: Sequence[Part]) -> None:
        for number, part in enumerate(parts):
            if number and not self._begin(part):
                break
            if isinstance(part, Recording) and not self._voice.feed(part, self._running[-1]):
                self._finish()
                if not self._begin(part.instead):
                    break
            if number == len(parts) - 1:
                words = part.instead if isinstance(part, Recording) else part
                self._voice.be_ready(words.language)
            self._finish()

    def _begin(self, part: Part) -> bool:
        with self._lock:
            if not self._stopped:
                try:
                    self._running = self._voice.begin(part)
                except OSError as error:
                    _complain(error)
                    return False
            return not self._stopped

    def _finish(self) -> None:
        for process in reversed(self._running):
            process.wait()
        for process in self._running:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.wait()


def _complain(error: OSError) -> None:
    """A machine without memory, or whose programs are gone, says nothing; the screen goes on."""
    log.warning("Nothing can be said: %s", error.strerror)


def find_voice() -> Voice | None:
    """The voice of this device; None where it has no synthesiser, player or sound device."""
    synthesiser = shutil.which("espeak-ng")
    player = shutil.which("aplay")
    if synthesiser is None or player is None or not sounds(player):
        return None
    return Voice(synthesiser, (player, "-q"))


def sounds(player: str) -> bool:
    """Whether the player finds a sound device that it can open."""
    silence = [player, "-q", "-t", "raw", "-f", "S16_LE", "-r", "22050", "-"]
    try:
        tried = subprocess.run(  # noqa: S603
            silence,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=5,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0
