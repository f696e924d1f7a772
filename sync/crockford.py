"""Crockford's base32: codes that people read aloud and type, with a check character.

The check character is computed over GF(32) with a different weight for every place, so that any
one wrong character and any two exchanged ones are noticed. (Crockford's own check symbols include
`*`, `~`, `$` and `=`, which are hard to say and to type.)
"""

from sync.errors import MistypedCode

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
_LONGEST = 1_000
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "\u00a0": None})


def encode(data: bytes) -> str:
    """`data` as base32, most significant bit first, the last character filled up with zero bits."""
    length = (len(data) * 8 + 4) // 5
    value = int.from_bytes(data, "big") << (length * 5 - len(data) * 8)
    return "".join(ALPHABET[value >> 5 * place & 31] for place in reversed(range(length)))


def decode(text: str) -> bytes:
    """The bytes behind `text`; lower case, spaces, hyphens and O, I, L for 0, 1, 1 are understood.

    Raises:
        MistypedCode: a character is none of the alphabet, the filling bits are not zero,
            or it is longer than any code.
    """
    letters = text.upper().translate(_READ_AS)
    if len(letters) > _LONGEST:
        raise MistypedCode()
    value = 0
    for letter in letters:
        if letter not in _VALUES:
            raise MistypedCode()
        value = value << 5 | _VALUES[letter]
    length = len(letters) * 5 // 8
    filling = len(letters) * 5 - length * 8
    if filling >= 5 or value & ((1 << filling) - 1):
        raise MistypedCode()
    return (value >> filling).to_bytes(length, "big")


def check_character(letters: str) -> str:
    """The character that makes `letters` a checked code."""
    return ALPHABET[_weighed(letters + "0")]


def grouped(letters: str, every: int = 4) -> str:
    """`letters` in groups, for the eye: XXXX-XXXX-XXXX."""
    return "-".join(letters[at : at + every] for at in range(0, len(letters), every))


def checked(text: str, length: int) -> str:
    """A typed code of `length` characters, cleaned and without its check character.

    Raises:
        MistypedCode: it has another length, a foreign character, or a slip in it.
    """
    letters = text.upper().translate(_READ_AS)
    if (
        len(letters) != length
        or any(letter not in _VALUES for letter in letters)
        or _weighed(letters)
    ):
        raise MistypedCode()
    return letters[:-1]


def _weighed(letters: str) -> int:
    """Letters times α^place, summed in GF(32) = GF(2)[x] / (x⁵ + x² + 1); 0 for a sound code.

    The last letter has weight 1: a code ends in the sum of all before it.
    """
    total = 0
    for letter in letters[:-1]:
        total = _doubled(total ^ _VALUES[letter])
    return total ^ _VALUES[letters[-1]]


def _doubled(value: int) -> int:
    return value << 1 ^ (0b100101 if value & 0b10000 else 0)
