import gc
import sys
import weakref

import pytest

from kiosk.attachments import PNG, TEXT, Attachments, Making
from kiosk.journey import Journey, Shown
from tests.kiosk import hall

SURVEY = """
| survey | type | name | label | relevant |
| | image | photo | A picture? | |
| | select_one yn | more | More? | |
| | audio | voice | Your voice? | ${more} = 'yes' |
| choices | list_name | name | label |
| | yn | yes | Yes |
| | yn | no | No |
| settings | form_title | form_id | version |
| | Pictures | pictures | 1 |
"""


@pytest.fixture
def kept():
    return []


@pytest.fixture
def journey(kept):
    def keep(journey):
        fields = journey.entry.finish().fields
        kept.append(journey.attachments.named_in(value for _, value in fields))
        return Shown("AAAA", "x")

    journey = Journey(hall.offer(SURVEY).begin, keep)
    journey.start()
    return journey


def test_a_name_tells_the_question_and_is_never_given_twice():
    held = Attachments()
    names = {held.keep("/data/people[2]/photo", b"x", PNG) for _ in range(100)}
    assert len(names) == 100
    assert all(name.startswith("photo-") and name.endswith(".png") for name in names)


@pytest.mark.parametrize("question", ["/data/où", "/data/../x y", "/data/" + "n" * 300, ""])
def test_a_name_is_a_plain_file_name_whatever_the_question_is_called(question):
    name = Attachments().keep(question, b"x", TEXT)
    assert name.isascii() and not set(name) & set("/\\ ") and not name.startswith(".")
    assert len(name) < 80


def test_what_is_made_anew_replaces_what_was_there():
    held = Attachments()
    first = held.keep("photo", b"one", PNG)
    second = held.keep("photo", b"two", PNG, Making(origin=[1]), instead_of=first)
    assert list(held) == [second]
    assert held[second].content == b"two"
    assert held.making(second).origin == [1]
    assert held.making(first) == Making()


def test_a_picture_is_made_once_and_only_when_it_is_needed():
    made = []
    held = Attachments()
    name = held.keep("photo", lambda: made.append(1) or b"png", PNG)
    assert (held.media_type(name), made) == (PNG, [])
    assert held[name].content == held[name].content == b"png"
    assert made == [1]


def test_what_no_answer_names_is_not_sealed(journey, kept):
    attachments = journey.attachments
    photo = attachments.keep("photo", b"picture", PNG)
    journey.entry.answer("/data/photo", photo)
    journey.entry.answer("/data/more", "yes")
    journey.entry.answer("/data/voice", attachments.keep("voice", b"sound", TEXT))
    journey.entry.answer("/data/more", "no")  # the question of the voice is asked no more
    attachments.keep("photo", b"stray", PNG)
    journey.confirm()
    assert [[one.content for one in said] for said in kept] == [[b"picture"]]


class Strokes:
    """Something that a picture was made of."""


@pytest.mark.parametrize("end", [Journey.erase, Journey.start, Journey.confirm])
def test_nothing_of_it_is_left_when_the_person_is_gone(journey, kept, end):
    content, strokes = bytes(range(200)) * 2, Strokes()
    alone = sys.getrefcount(content)
    lives = weakref.ref(strokes)
    name = journey.attachments.keep("photo", content, PNG, Making(origin=[strokes]))
    journey.entry.answer("/data/photo", name)
    del strokes
    assert lives() and sys.getrefcount(content) > alone
    end(journey)
    kept.clear()
    gc.collect()
    assert not journey.attachments
    assert lives() is None and sys.getrefcount(content) == alone
