"""A busy hour at one kiosk, and then a search for the words that people said.

Looked for on the disk in the guises of `kiosk.demo.traces`, and in every living Python object:
widgets, caches, closures. The words are put together letter by letter, so that the test itself
does not hold them.
"""

import gc
import os
import tempfile
import time
from pathlib import Path

import pytest

from tests.kiosk import driver, hall  # isort: split

from forms.engine import Kind
from kiosk.demo.traces import traces_of

LETTERS = ("z", "w", "x", "k", "q", "v", "j", "y")
FIRST_LETTERS = 5  # of the word; what is left of somebody who was interrupted is found as well


def write_word(kiosk, letters=LETTERS):
    """Somebody writes the word at the kiosk's own keyboard."""
    field = kiosk.kiosk.page.answer.field
    driver.tap(field)
    for letter in letters:
        driver.tap(kiosk.kiosk.page.answer.keyboard.cap(letter))
    if kiosk.kiosk.page.bare:
        kiosk.touch("Fini")


def to_question(kiosk, kind):
    """On to the next question of that kind."""
    for _ in range(20):
        step = kiosk.kiosk.journey.step()
        if step.kind is kind:
            return
        if step.kind is Kind.INTEGER:
            driver.perform(kiosk.hands.type("34"))
            if kiosk.kiosk.page.bare:
                kiosk.touch("Fini")
        kiosk.on()


def writing(kiosk, language="fr"):
    kiosk.begin(language)
    to_question(kiosk, Kind.TEXT)
    write_word(kiosk)


def reviewing(kiosk):
    writing(kiosk)
    to_question(kiosk, Kind.DATE)
    kiosk.skip_to_review()
    assert kiosk.name == "review"


def confirming(kiosk):
    reviewing(kiosk)
    kiosk.on()
    assert kiosk.name == "confirm"


def having_a_receipt(kiosk):
    confirming(kiosk)
    kiosk.on()
    assert kiosk.name == "receipt"


def changing_the_language(kiosk):
    writing(kiosk)
    kiosk.tool("language")
    kiosk.touch("English")


def being_refused(kiosk):
    """The word is no date, and is held all the same."""
    writing(kiosk)
    kiosk.kiosk.journey.hold("".join(LETTERS))
    to_question(kiosk, Kind.INTEGER)
    kiosk.kiosk.journey.hold("".join(LETTERS))
    kiosk.on()


def asking_to_stop(kiosk):
    writing(kiosk)
    kiosk.tool("stop")


def with_a_mediator(kiosk):
    kiosk.sign_in(hall.MEDIATOR, hall.MEDIATOR_PIN)
    kiosk.on()
    kiosk.begin()
    kiosk.on()
    to_question(kiosk, Kind.TEXT)
    write_word(kiosk)
    kiosk.kiosk.page.reword(True)


def walks_away(kiosk):
    kiosk.wait(121)
    kiosk.wait(31)


def stops(kiosk):
    kiosk.kiosk.dismiss()
    kiosk.tool("stop")
    *_, erase = kiosk.hands.things()
    driver.tap(erase)


def goes_back_to_welcome(kiosk):
    """As far as the languages, and once more: only who says so leaves what they wrote."""
    while kiosk.name != "language":
        kiosk.back()
    kiosk.back()
    assert kiosk.name == "language"
    *_, erase = kiosk.hands.things()
    driver.tap(erase)


HOUR = [
    (writing, walks_away),
    (writing, stops),
    (writing, goes_back_to_welcome),
    (changing_the_language, walks_away),
    (being_refused, walks_away),
    (asking_to_stop, walks_away),
    (reviewing, walks_away),
    (reviewing, stops),
    (confirming, walks_away),
    (having_a_receipt, walks_away),
    (having_a_receipt, lambda kiosk: kiosk.on()),
    (with_a_mediator, walks_away),
]


def holders_of(word):
    """Living objects that hold a text with these letters in it."""
    gc.unfreeze()
    found = []
    own = {id(word)}
    for thing in gc.get_objects():
        for inside in gc.get_referents(thing):
            if id(inside) in own:
                continue
            if type(inside) is str and word in inside:  # proxies to what is gone say what they like
                found.append(f"{type(thing).__name__}: {inside[:80]!r}")
            elif type(inside) in (bytes, bytearray) and word.encode() in inside:
                found.append(f"{type(thing).__name__}: bytes")
    return found


def test_of_a_busy_hour_nothing_is_left_but_what_was_sealed(tmp_path, monkeypatch, capfd, caplog):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    began = time.time()
    with hall.hall(tmp_path, hall.consultation(), people=True) as kiosk:
        for does, leaves in HOUR:
            does(kiosk)
            leaves(kiosk)
            driver.frames(3)
            assert kiosk.name == "welcome", (does.__name__, kiosk.name)
        assert kiosk.sealed == 2
        gc.collect()
        word = "".join(LETTERS[:FIRST_LETTERS])
        assert holders_of(word) == []
        kept = Path(os.environ.get("KIVY_HOME", Path.home() / ".kivy"))
        written = [path for path in kept.rglob("*") if path.is_file()]
        fresh = [path for path in written if path.stat().st_mtime >= began]
        assert [path for path in fresh if word.encode() in path.read_bytes()] == []
        assert traces_of("".join(LETTERS), tmp_path) == []
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert [path for path in files if word.encode() in path.read_bytes()] == []
        assert word not in caplog.text
        told = capfd.readouterr()
        assert word not in told.out + told.err
        # The search would find them: what was sealed holds them, for the organiser alone.
        said = hall.opened(kiosk.device)
        assert all("".join(LETTERS) in dict(one.fields).values() for one in said)
        assert holders_of(word) != []


@pytest.mark.parametrize("guise", ["utf-8", "utf-16-le", "hex", "base64"])
def test_the_search_on_the_disk_finds_a_word_in_many_guises(tmp_path, guise):
    import base64

    word = "".join(LETTERS)
    raw = {
        "utf-8": word.encode(),
        "utf-16-le": word.encode("utf-16-le"),
        "hex": word.encode().hex().encode(),
        "base64": base64.b64encode(b"x" + word.encode() + b"yz"),
    }[guise]
    (tmp_path / "left").write_bytes(b"\x00before" + raw + b"after\xff")
    assert traces_of(word, tmp_path)
