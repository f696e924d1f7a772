"""What the kiosk says aloud."""

from kiosk.speech.voice import Voice, find_voice

__all__ = ["Voice", "find_voice"]
