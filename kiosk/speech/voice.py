"""Speech by espeak-ng into the sound card; can be interrupted at any moment.

The words go through pipes alone: neither they nor the sound ever reach the disk.
"""

import shutil
import subprocess
from pathlib import Path

WORDS_A_MINUTE = 150


class Voice:
    """Says one text at a time.

    Args:
        synthesiser: path of espeak-ng.
        player: path of a player that takes a WAV on its standard input, with its arguments.
    """

    def __init__(self, synthesiser: str, player: tuple[str, ...]) -> None:
        self._synthesiser = synthesiser
        self._player = player
        self._running: tuple[subprocess.Popen[bytes], ...] = ()

    def say(self, text: str, language: str) -> None:
        """Begin to say this, instead of what is being said."""
        self.hush()
        speaking = subprocess.Popen(  # noqa: S603
            [self._synthesiser, "-v", language, "-s", str(WORDS_A_MINUTE), "--stdin", "--stdout"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        playing = subprocess.Popen(  # noqa: S603
            self._player,
            stdin=speaking.stdout,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert speaking.stdin is not None and speaking.stdout is not None
        speaking.stdout.close()
        speaking.stdin.write(text.encode())
        speaking.stdin.close()
        self._running = (speaking, playing)

    def toggle(self, text: str, language: str) -> None:
        """Say this, or fall silent if something is being said."""
        if self.speaks:
            self.hush()
        else:
            self.say(text, language)

    @property
    def speaks(self) -> bool:
        """Whether something is being said."""
        return any(process.poll() is None for process in self._running)

    def hush(self) -> None:
        """Be silent at once."""
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.wait()
        self._running = ()


def find_voice() -> Voice | None:
    """The voice of this device; None where it has no synthesiser, player or sound card."""
    synthesiser = shutil.which("espeak-ng")
    player = shutil.which("aplay")
    if synthesiser is None or player is None or not _has_sound_card():
        return None
    return Voice(synthesiser, (player, "-q", "-"))


def _has_sound_card() -> bool:
    cards = Path("/proc/asound/cards")
    return cards.is_file() and "no soundcards" not in cards.read_text()
