"""Unreachable objects are looked for while nobody waits for an answer.

Python would look for them whenever enough was made: in the middle of laying out a screen, and
through everything there is, which takes longer than the screen itself. So from the start of the
process it does not look by itself, but for an emergency; the kiosk asks it to, in moments of quiet.
What lives as long as the kiosk is set apart once, and not looked through again.
"""

import gc

# Objects made since the last time: below, it is not worth while; above, it cannot wait for quiet.
_WORTH_WHILE = 5_000
_PRESSING = 40_000  # for a while, nobody left it the time
_TOO_MANY = 1_000_000


def leave_to_quiet_moments() -> None:
    """From now on, by itself, Python looks only where there was no quiet for very long."""
    gc.set_threshold(_TOO_MANY, 1_000, 1_000)


def set_apart() -> None:
    """What is there now is there to stay; nobody's words may be among it."""
    gc.collect()
    gc.freeze()


def tidy() -> None:
    """A moment of quiet: look, where enough was made since the last time."""
    if gc.get_count()[0] > _WORTH_WHILE:
        gc.collect()


def tidy_a_little() -> None:
    """A short gap: look through what is new, where that has become much."""
    if gc.get_count()[0] > _PRESSING:
        gc.collect(1)


def clear() -> None:
    """Somebody's words must not outlast this moment."""
    gc.collect()
