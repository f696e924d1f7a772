"""What is said of what was just typed: the letter, and each word when it is whole."""

from kiosk.access.signs import name_of_sign
from kiosk.language import tr


def echo(before: str, after: str) -> str:
    """What to say when a text became another; "" when nothing was typed.

    A letter says itself; what ends a word says the word; what was taken away is named.
    """
    if after == before:
        return ""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    gone = before[head : len(before) - tail]
    new = after[head : len(after) - tail]
    if not new:
        return tr._("effacé : {letters}").format(letters=_named(gone))
    if _ends_word(new):
        word = after[:head].split()[-1:]
        if word and head and not after[head - 1].isspace():
            return f"{word[0]}. {_named(new)}" if not new.isspace() else word[0]
    return _named(new)


def _ends_word(text: str) -> bool:
    return len(text) == 1 and not text.isalnum() and text not in "'’-"


def _named(letters: str) -> str:
    return " ".join(_name(letter) for letter in letters) if len(letters) < 4 else letters


def _name(letter: str) -> str:
    if name := name_of_sign(letter):
        return name
    if letter.isupper() and letter.lower() != letter:
        return tr._("{letter} majuscule").format(letter=letter)
    return letter
