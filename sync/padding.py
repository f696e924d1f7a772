"""How long a sealed plaintext looks, so that its length tells as little as possible."""

from enum import Enum

_STEP = 256  # bytes


class Padding(Enum):
    """What a consultation asks for: PADMÉ (at most 12 % longer), or steps of 256 bytes."""

    PADME = "padme"
    STEPS = "steps"

    def length(self, used: int) -> int:
        """The length that `used` bytes are filled up to.

        PADMÉ: Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication
        with PURBs", PoPETs 2019, algorithm 1.
        """
        if self is Padding.STEPS:
            return -(-used // _STEP) * _STEP
        if used < 2:
            return used
        exponent = used.bit_length() - 1
        free_bits = exponent - exponent.bit_length()
        mask = (1 << free_bits) - 1
        return (used + mask) & ~mask
