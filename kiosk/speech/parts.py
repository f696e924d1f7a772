"""What is to be said: words for the synthesiser, or a recording that comes with the form."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Speech:
    """Words, and the language to say them in."""

    text: str
    language: str


@dataclass(frozen=True)
class Recording:
    """A sound file as it came with the form; `instead` is said where it cannot be played."""

    sound: bytes = field(repr=False)
    instead: Speech


Part = Speech | Recording

_STOPPED_TWICE = re.compile(r"(?<!\.)([.!?…؟。！？])\s*[.,](?=\s|$)")


def joined(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The same with neighbouring words of one language in one: no pause between them but a stop."""
    done: list[Part] = []
    for part in parts:
        before = done[-1] if done else None
        if isinstance(part, Speech):
            if not part.text.strip():
                continue
            if isinstance(before, Speech) and before.language == part.language:
                done[-1] = Speech(f"{before.text} {_sentence(part.text)}", part.language)
                continue
            part = Speech(_sentence(part.text), part.language)
        done.append(part)
    return tuple(done)


def in_words(parts: Iterable[Part]) -> str:
    """All of it as text, recordings by their words."""
    said = (part if isinstance(part, Speech) else part.instead for part in parts)
    return " ".join(_sentence(one.text) for one in said if one.text.strip())


def _sentence(text: str) -> str:
    """One line that ends as a sentence; what was put after a full stop stands alone."""
    text = ", ".join(line.strip() for line in text.strip().splitlines() if line.strip())
    text = _STOPPED_TWICE.sub(r"\1", text)
    return text if text[-1:] in ".!?…:;,؟。！？" else f"{text}."
