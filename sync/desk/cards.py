"""Keepers' cards: a recipient key as n lists of words, any k of which give it back (SLIP-39).

No passphrase is used: with a wrong one the words would give another key, and nobody would know.
What comes out is compared with the key's public half instead. Who holds fewer than k cards holds
nothing: each of them alone says nothing of the key.

A card is 33 words of SLIP-39's list of 1,024, of which the first four letters are enough. Its last
three words check the others, and find any mistake in up to three words.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

from shamir_mnemonic import combine_mnemonics, generate_mnemonics
from shamir_mnemonic.constants import CHECKSUM_LENGTH_WORDS, CUSTOMIZATION_STRING_EXTENDABLE
from shamir_mnemonic.rs1024 import create_checksum
from shamir_mnemonic.share import Share
from shamir_mnemonic.utils import MnemonicError
from shamir_mnemonic.wordlist import WORD_INDEX_MAP, WORDLIST

from sync.errors import SyncError
from sync.keys import RecipientKeys, RecipientPublic

WORDS = 33
"""On a card of a 32-byte key."""

MOST_CARDS = 16

_ENOUGH_LETTERS = 4
_WORD_BITS = 10
_MOST_REHEARSED = 64  # combinations of cards that are joined again after splitting
_BY_BEGINNING = {word[:_ENOUGH_LETTERS]: word for word in WORDLIST}


class BadSplit(SyncError):
    """A key cannot be split like this."""


class BadCard(SyncError):
    """A card is not one, or not of this key; the message names the word."""


class WrongWord(BadCard):
    """A card's words do not fit each other.

    Attributes:
        place: the word that is most likely wrong, from 1; None where that cannot be told.
    """

    def __init__(self, sentence: str, place: int | None) -> None:
        super().__init__(sentence)
        self.place = place


@dataclass(frozen=True)
class Card:
    """One keeper's card.

    Attributes:
        words: 33 of them.
        place: which card of its set it is, from 1.
        needed: how many cards of the set give the key.
        set_number: tells this set from others, of other keys or of the same one split again.
    """

    words: tuple[str, ...]
    place: int
    needed: int
    set_number: int


def split(keys: RecipientKeys, of: int, needed: int) -> tuple[Card, ...]:
    """Split a key, and make sure that its cards give it back.

    Args:
        keys: what is split.
        of: how many cards, up to 16.
        needed: how many of them give the key back, two or more.

    Raises:
        BadSplit: so many cannot be made.
    """
    if not 2 <= needed <= of <= MOST_CARDS:
        raise BadSplit(
            f"{of} cards of which {needed} are needed cannot be made: there are 2 to {MOST_CARDS} "
            "cards, and 2 or more are needed, never more than there are. For a single copy, copy "
            "recipient.key itself."
        )
    (mnemonics,) = generate_mnemonics(1, [(needed, of)], keys.seed, iteration_exponent=0)
    cards = tuple(read_card(mnemonic.split()) for mnemonic in mnemonics)
    rehearsed = [*islice(combinations(cards, needed), _MOST_REHEARSED)]
    rehearsed += [(*cards[at:], *cards[:at])[:needed] for at in range(of)]
    for chosen in rehearsed:
        join(chosen, keys.public)
    return cards


def read_card(words: Sequence[str]) -> Card:
    """A card, from its words as somebody typed them.

    Raises:
        WrongWord: one of them cannot be right.
        BadCard: there are too few, or too many.
    """
    whole = [read_word(word, at) for at, word in enumerate(words, 1)]
    if len(whole) != WORDS:
        raise BadCard(
            f"A card has {WORDS} words; these are {len(whole)}. Look for what is missing."
        )
    try:
        share = Share.from_mnemonic(" ".join(whole))
    except MnemonicError:
        place = _wrong_place(whole)
        where = f"Look at word {place} again." if place else "Compare every word with the card."
        raise WrongWord(f"These words do not fit each other. {where}", place) from None
    if (share.group_threshold, share.group_count) != (1, 1):
        raise BadCard("This card is of a set that Parvis did not make: it has groups.")
    return Card(tuple(whole), share.index + 1, share.member_threshold, share.identifier)


def read_word(typed: str, place: int) -> str:
    """A word of the list, by its first four letters or more.

    Raises:
        WrongWord: there is none like it; likely ones are named.
    """
    word = typed.strip().strip(".,;").lower()
    if word in WORD_INDEX_MAP:
        return word
    found: str | None = _BY_BEGINNING.get(word[:_ENOUGH_LETTERS])
    if found is not None and (len(word) == _ENOUGH_LETTERS or found.startswith(word)):
        return found
    alike = difflib.get_close_matches(word, WORDLIST, 3, 0.6)
    hint = f" Is it {' or '.join(f'“{one}”' for one in alike)}?" if alike else ""
    raise WrongWord(f"Word {place}, “{word}”, is not one of the words on cards.{hint}", place)


def fits(card: Card, others: Iterable[Card]) -> None:
    """Make sure that a card goes with the ones before it.

    Raises:
        BadCard: it is of another set, or was given already.
    """
    for other in others:
        if (other.set_number, other.needed) != (card.set_number, card.needed):
            raise BadCard(
                f"Card {card.place} is of another set than the cards before it: another key's, or "
                "this key's, split another time."
            )
        if other.place == card.place:
            raise BadCard(f"Card {card.place} was given already; another one is needed.")


def join(cards: Sequence[Card], public: RecipientPublic) -> RecipientKeys:
    """The key that these cards give back.

    Args:
        cards: as many as are needed, or more.
        public: the key's public half.

    Raises:
        BadCard: there are too few, they do not go together, or they give another key.
    """
    for at, card in enumerate(cards):
        fits(card, cards[:at])
    if not cards or len(cards) < cards[0].needed:
        needed = cards[0].needed if cards else 2
        raise BadCard(f"{needed} cards are needed, and {len(cards)} were given.")
    try:
        seed = combine_mnemonics(" ".join(card.words) for card in cards[: cards[0].needed])
        keys = RecipientKeys(public.suite, seed, public.label)
    except (MnemonicError, SyncError):
        raise BadCard("These cards do not fit each other: one of them was altered.") from None
    if keys.public.key != public.key:
        raise BadCard(
            "These cards give another key than the one that is wanted. Compare the number of the "
            "key on the cards with the one above."
        )
    return keys


def _wrong_place(words: Sequence[str]) -> int | None:
    """The one word that would have to be another for the card to check; None if not just one.

    Which word it would be is not said: the card has it, and guessing it helps nobody but a thief.
    """
    # The check is linear: what another word at one place changes does not depend on the others.
    values = [WORD_INDEX_MAP[word] for word in words]
    said, check = values[:-CHECKSUM_LENGTH_WORDS], values[-CHECKSUM_LENGTH_WORDS:]
    wrong = _check(said) ^ _joined(check)
    nothing = _check([0] * len(said))
    found = []
    for at in range(len(values)):
        reached = {0}
        for bit in range(_WORD_BITS):
            alone = [0] * len(values)
            alone[at] = 1 << bit
            said, check = alone[:-CHECKSUM_LENGTH_WORDS], alone[-CHECKSUM_LENGTH_WORDS:]
            changed = _check(said) ^ _joined(check) ^ nothing
            reached |= {one ^ changed for one in reached}
        if wrong in reached:
            found.append(at + 1)
    return found[0] if len(found) == 1 else None


def _check(values: Sequence[int]) -> int:
    """The check words that SLIP-39 puts behind these, as one number."""
    return _joined(create_checksum(values, CUSTOMIZATION_STRING_EXTENDABLE))


def _joined(values: Sequence[int]) -> int:
    joined = 0
    for value in values:
        joined = joined << _WORD_BITS | value
    return joined
