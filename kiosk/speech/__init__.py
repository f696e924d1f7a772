"""What the kiosk says aloud."""

from kiosk.speech.parts import Part, Recording, Speech, in_words, joined
from kiosk.speech.voice import Voice, find_voice

__all__ = ["Part", "Recording", "Speech", "Voice", "find_voice", "in_words", "joined"]
