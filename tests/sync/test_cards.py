"""Keepers' cards: split, printed, read back, typed with mistakes, and joined."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from shamir_mnemonic import MnemonicError, combine_mnemonics
from shamir_mnemonic.wordlist import WORDLIST

from sync.client.https import sync_once
from sync.desk.card_paper import Sheet, read_sheet
from sync.desk.cards import BadCard, BadSplit, Card, WrongWord, join, read_card, read_word, split
from sync.desk.commands import main
from sync.key_directory import KeyDirectory
from sync.keys import RecipientKeys, Suite
from tests.sync.town import Town, ideas

KEYS = RecipientKeys(Suite.X25519, bytes(range(32)), "Ville d'Aubeclaire")
CARDS = split(KEYS, 5, 3)

# From SLIP-0039's own vectors (github.com/trezor/python-shamir-mnemonic, MIT): cards 1 and 2 of a
# 256-bit secret, 2 needed, and a card whose last word was changed. Their passphrase is "TREZOR".
OFFICIAL = (
    "humidity disease academic always aluminum jewelry energy woman receiver strategy amuse "
    "duckling lying evidence network walnut tactics forget hairy rebound impulse brother survive "
    "clothes stadium mailman rival ocean reward venture always armed unwrap",
    "humidity disease academic agency actress jacket gross physics cylinder solution fake mortgage "
    "benefit public busy prepare sharp friar change work slow purchase ruler again tricycle "
    "involve viral wireless mixture anatomy desert cargo upgrade",
)
OFFICIAL_SECRET = "c938b319067687e990e05e0da0ecce1278f75ff58d9853f19dcaeed5de104aae"
OFFICIAL_WRONG = (
    "theory painting academic academic armed sweater year military elder discuss acne wildlife "
    "boring employer fused large satoshi bundle carbon diagnose anatomy hamster leaves tracks "
    "paces beyond phantom capital marvel lips brave detect lunar"
)


def run(*arguments: str | Path, typed: str = "") -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=typed)


def typed(*cards: Card) -> str:
    return "".join(" ".join(word[:4] for word in card.words) + "\n" for card in cards)


def test_any_three_of_five_cards_give_the_key_and_no_two_do() -> None:
    for chosen in combinations(CARDS, 3):
        assert join(chosen, KEYS.public) == KEYS
    for chosen in combinations(CARDS, 2):
        with pytest.raises(BadCard, match="3 cards are needed, and 2 were given"):
            join(chosen, KEYS.public)
    with pytest.raises(BadCard):
        join([], KEYS.public)


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 16), st.data())
def test_whatever_the_numbers_enough_cards_give_the_key(of: int, data: st.DataObject) -> None:
    needed = data.draw(st.integers(2, of))
    cards = split(KEYS, of, needed)
    assert len({card.words for card in cards}) == of
    assert join(data.draw(st.permutations(cards)), KEYS.public) == KEYS


def test_the_official_vectors_are_read_as_the_standard_says() -> None:
    assert combine_mnemonics(OFFICIAL, b"TREZOR").hex() == OFFICIAL_SECRET
    with pytest.raises(MnemonicError):
        combine_mnemonics([OFFICIAL_WRONG], b"TREZOR")


@pytest.mark.parametrize(("of", "needed"), [(1, 1), (5, 1), (17, 3), (3, 4), (0, 0)])
def test_numbers_that_make_no_sense_are_refused(of: int, needed: int) -> None:
    with pytest.raises(BadSplit, match="cannot be made"):
        split(KEYS, of, needed)


def test_four_letters_of_a_word_are_enough_and_three_are_not() -> None:
    for word in WORDLIST:
        assert read_word(word[:4].upper(), 1) == word
    with pytest.raises(WrongWord, match=r"Word 7, “acadmic”, is not one .* “academic”"):
        read_word("acadmic", 7)
    with pytest.raises(WrongWord):
        read_word("aca", 1)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 32), st.sampled_from(WORDLIST))
def test_a_wrong_word_is_named_by_its_place_and_not_corrected(at: int, other: str) -> None:
    words = list(CARDS[0].words)
    right = words[at]
    words[at] = other
    if other == right:
        assert read_card(words) == CARDS[0]
        return
    with pytest.raises(WrongWord) as caught:
        read_card(words)
    assert caught.value.place == at + 1
    said = f"These words do not fit each other. Look at word {at + 1} again."
    assert str(caught.value) == said


def test_words_in_another_order_too_few_or_too_many_are_refused() -> None:
    words = list(CARDS[0].words)
    with pytest.raises(WrongWord, match="do not fit each other"):
        read_card([words[1], words[0], *words[2:]])
    for some in (words[:-1], [*words, words[0]], []):
        with pytest.raises(BadCard, match=f"these are {len(some)}"):
            read_card(some)


def test_a_card_of_another_set_or_given_twice_is_named() -> None:
    others = split(KEYS, 5, 3)
    with pytest.raises(BadCard, match="another set"):
        join([CARDS[0], others[1], CARDS[2]], KEYS.public)
    with pytest.raises(BadCard, match="Card 1 was given already"):
        join([CARDS[0], CARDS[0], CARDS[1]], KEYS.public)
    stranger = RecipientKeys.generate(Suite.X25519)
    with pytest.raises(BadCard, match="another key"):
        join(CARDS[:3], stranger.public)


def test_a_sheet_reads_back_also_with_notes_written_on_it(tmp_path: Path) -> None:
    for card in CARDS:
        sheet = Sheet(card, 5, KEYS.public)
        path = tmp_path / sheet.stem
        path.write_text("Maître Durand, 12 rue des Tilleuls.\n" + sheet.text() + "\nrangée 3.\n")
        assert read_sheet(path) == card
        path.write_text(" ".join(card.words))
        assert read_sheet(path) == card
        assert f"{card.place} sur 5" in sheet.text()
    path.write_text(sheet.text().replace(f" 7. {card.words[6]}", " 7. zebra"))
    with pytest.raises(BadCard, match="Word 7, “zebra”"):
        read_sheet(path)


def test_a_label_in_any_script_makes_a_pdf() -> None:
    for label in ("Ville d’Aubeclaire", "بلدية", "Київ", ""):
        keys = RecipientKeys(KEYS.suite, KEYS.seed, label)
        pdf = Sheet(CARDS[0], 5, keys.public).pdf()
        assert pdf.startswith(b"%PDF-")
        assert pdf.count(b"/Type /Page\n") == 1


def test_from_splitting_to_joining_by_command(tmp_path: Path) -> None:
    keys, folder = tmp_path / "keys", tmp_path / "cards"
    KeyDirectory.create(keys, label="Ville", suite=Suite.X25519)
    before = (keys / "recipient.key").read_bytes()
    done = run("keys", "split", "--keys", keys, "--of", "3", "--needed", "2", "--out", folder,
               "--pdf")  # fmt: skip
    assert done.exit_code == 0, done.output
    sheets = sorted(folder.glob("*.txt"))
    assert [one.name for one in sheets] == [f"card-{n}-of-3.txt" for n in (1, 2, 3)]
    assert len(list(folder.glob("*.pdf"))) == 3
    assert all(one.stat().st_mode & 0o077 == 0 for one in folder.iterdir())
    cards = [read_sheet(one) for one in sheets]

    again = run("keys", "split", "--keys", keys, "--of", "3", "--needed", "2", "--out", folder)
    assert again.exit_code == 1
    assert "already" in again.output

    # A rehearsal with cards of something else removes nothing.
    strange = split(RecipientKeys.generate(Suite.X25519), 3, 2)
    wrong = run("keys", "join", "--keys", keys, "--remove", typed=typed(*strange[:2]))
    assert wrong.exit_code == 1
    assert "another key" in wrong.output
    assert (keys / "recipient.key").read_bytes() == before

    removed = run("keys", "join", "--keys", keys, "--remove", typed=typed(*cards[:2]))
    assert removed.exit_code == 0, removed.output
    assert not (keys / "recipient.key").exists()
    assert "on 3 cards, 2 needed" in run("keys", "list", "--keys", keys).output
    assert KeyDirectory.open(keys).held == ()

    pulled = run("pull", "--server", "http://127.0.0.1:9", "--keys", keys, "--store",
                 tmp_path / "s.sqlite")  # fmt: skip
    assert pulled.exit_code == 1
    assert "Join them with parvis-desk keys join" in pulled.output

    checked = run("keys", "join", "--keys", keys, "--check", sheets[0], sheets[2])
    assert checked.exit_code == 0, checked.output
    assert "Nothing was written" in checked.output
    assert not (keys / "recipient.key").exists()
    joined = run("keys", "join", "--keys", keys, typed=typed(cards[2], cards[0]))
    assert joined.exit_code == 0, joined.output
    assert (keys / "recipient.key").read_bytes() == before
    assert (keys / "recipient.key").stat().st_mode & 0o077 == 0


def test_splitting_removes_the_key_only_after_the_printed_cards_were_typed(
    tmp_path: Path,
) -> None:
    keys = tmp_path / "keys"
    KeyDirectory.create(keys, suite=Suite.X25519)
    broken_off = run("keys", "split", "--keys", keys, "--of", "2", "--needed", "2", "--out",
                     tmp_path / "a", "--remove", typed="academic acid\n")  # fmt: skip
    assert broken_off.exit_code == 1
    assert (keys / "recipient.key").exists()
    assert "without it nothing is removed" in broken_off.output
    assert "Stopped before there were enough cards: nothing was changed." in broken_off.output


def test_typing_names_each_mistake_and_goes_on(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    made = KeyDirectory.create(keys, suite=Suite.X25519)
    first, second = split(made.recipient, 2, 2)
    words = list(first.words)
    wrong = "acid" if words[9] != "acid" else "aide"
    lines = [
        " ".join(words[:3]),
        "zebra",  # not in the list: only this word is asked for again
        "acid -",  # taken back
        " ".join(words[3:9]),
        wrong,  # in the list, and wrong: found when the card is whole
        " ".join(words[10:]),
        words[9],  # typed again
        " ".join(words),  # the same card a second time
        " ".join(second.words),
    ]
    done = run("keys", "join", "--keys", keys, "--check", typed="\n".join(lines) + "\n")
    assert done.exit_code == 0, done.output
    assert "Word 4, “zebra”, is not one of the words" in done.output
    assert "Look at word 10 again" in done.output
    assert "Card 1 was given already" in done.output
    assert "give the key" in done.output


def test_a_pull_opens_with_cards_and_writes_no_key(town: Town) -> None:
    cards = split(town.keys.recipient, 3, 2)
    town.keys.remove(town.keys.public)
    store = town.root / "desk.sqlite"
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        assert sync_once(device).complete
        pulled = run("pull", "--server", url, "--keys", town.keys.path, "--store", store, "--cards",
                     typed=typed(*cards[1:]))  # fmt: skip
    assert pulled.exit_code == 0, pulled.output
    with town.desk() as desk:
        assert ideas(desk, town.consultation.id) == ["un banc"]
    held = [one.read_bytes() for one in town.root.rglob("*") if one.is_file()]
    for secret in (town.keys.recipient.seed, town.keys.recipient.seed.hex().encode()):
        assert not any(secret in content for content in held)
