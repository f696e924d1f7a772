"""Keepers type their cards, one after the other; each word is checked as it comes.

Nothing that is typed is kept anywhere but in memory, and the terminal is cleared after each card.
"""

from __future__ import annotations

import sys

import click

from sync.desk.cards import WORDS, BadCard, Card, WrongWord, fits, join, read_card, read_word
from sync.errors import SyncError
from sync.key_directory import CardsMade
from sync.keys import RecipientKeys, RecipientPublic, grouped_digits


class Stopped(SyncError):
    """Nobody goes on typing."""

    sentence = "Stopped before there were enough cards: nothing was changed."


_CLEAR = "\033[2J\033[3J\033[H"  # the screen, and what scrolled off it


def ask_cards(public: RecipientPublic, made: CardsMade | None = None) -> RecipientKeys:
    """Ask for cards until there are enough, and join them.

    Args:
        public: the key that is wanted.
        made: how many cards there are, where that is known.

    Raises:
        BadCard: the cards give another key.
    """
    click.echo(f"Cards for the key {grouped_digits(public.id)} {public.label}".rstrip() + ".")
    if made is not None:
        click.echo(f"{made.needed} of its {made.of} cards are needed, in any order.")
    click.echo(
        f"Each card has {WORDS} words; four letters of each are enough. Several may stand on a "
        "line; - takes the last one back."
    )
    cards: list[Card] = []
    while not cards or len(cards) < cards[0].needed:
        needed = cards[0].needed if cards else made.needed if made else None
        which = f"{len(cards) + 1} of {needed}" if needed else f"{len(cards) + 1}"
        click.echo(f"\nCard {which}:")
        try:
            card = _ask_card()
            fits(card, cards)
        except BadCard as error:
            click.echo(f"{error} Type this card anew.")
            continue
        cards.append(card)
        if sys.stdout.isatty():
            click.echo(_CLEAR, nl=False)
        click.echo(f"Card {card.place} is good: {len(cards)} of {card.needed}.")
    return join(cards, public)


def _ask_card() -> Card:
    """One card.

    Raises:
        BadCard: its words do not fit each other, and which is wrong cannot be told.
    """
    words: list[str] = []
    while len(words) < WORDS:
        line = _line(f"  word {len(words) + 1}")
        for typed in line.split():
            if typed == "-":
                words[-1:] = []
                continue
            try:
                if len(words) < WORDS:
                    words.append(read_word(typed, len(words) + 1))
            except WrongWord as error:
                click.echo(f"  {error}")
                break
    while True:
        try:
            return read_card(words)
        except WrongWord as error:
            if error.place is None:
                raise
            click.echo(f"  {error}")
            words[error.place - 1] = _ask_word(error.place)


def _ask_word(place: int) -> str:
    while True:
        try:
            return read_word(_line(f"  word {place}"), place)
        except WrongWord as error:
            click.echo(f"  {error}")


def _line(asked: str) -> str:
    try:
        typed: str = click.prompt(asked, default="", show_default=False)
    except click.Abort:
        raise Stopped() from None
    return typed
