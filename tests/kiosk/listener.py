"""Ears for tests: what the kiosk's voice is given to say, as words."""

from collections.abc import Sequence

from kiosk.speech.parts import Part, in_words, joined
from kiosk.speech.voice import Voice


class Listener(Voice):
    """A voice that remembers what it was given instead of saying it; all else is the real one's."""

    def __init__(self) -> None:
        super().__init__("", ())
        self.heard: list[tuple[Part, ...]] = []

    def say(self, parts: Sequence[Part]) -> None:
        if wanted := joined(parts):
            self.heard.append(wanted)

    def be_ready(self, language: str) -> None:
        pass

    @property
    def last(self) -> str:
        """What was said last, in words."""
        return in_words(self.heard[-1]) if self.heard else ""

    def since(self, count: int) -> str:
        """All that was said after so many utterances."""
        return " ".join(in_words(parts) for parts in self.heard[count:])
