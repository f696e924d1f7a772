import pytest

from tests.kiosk import hall  # isort: split

from forms.engine import Unfinished
from kiosk.counter import Counter
from kiosk.journey import Assistance, Journey
from kiosk.offer import Offer
from sync.client.background import Status
from sync.contribution import Given, Help, Mode
from sync.device import Device, Enrolment
from sync.errors import SyncError


class Line:
    """An uplink that only remembers how it was woken."""

    def __init__(self):
        self.woken = []
        self.status = Status(last_success=5.0, last_error="The server is not there.")

    def wake(self, *, now=False):
        self.woken.append(now)


@pytest.fixture
def device(tmp_path):
    with Device.open(tmp_path / "device") as opened:
        opened.hold(hall.consultation().data)
        yield opened


@pytest.fixture
def counter(device):
    return Counter(device, Line(), "Mairie annexe")


def finished(counter, assistance=None, **answers):
    """A journey whose entry is answered, and that is ready to be kept."""
    offer = hall.offer()
    journey = Journey(offer.begin, lambda journey: counter.keep(offer, journey, "fr"))
    journey.start(assistance)
    for name, value in {"age": "34", **answers}.items():
        assert journey.entry.answer(f"/data/{name}", value).kept
    return journey


def test_what_was_said_is_sealed_as_it_was_said(counter, device):
    finished(counter, idee="Un banc").confirm()
    (said,) = hall.opened(device)
    assert (said.mode, said.language, said.assistance) == (Mode.SELF, "fr", None)
    assert dict(said.fields)["/data/idee"] == "Un banc"


def test_the_uplink_is_woken_once_and_not_hurried(counter):
    finished(counter).confirm()
    assert counter._uplink.woken == [False]
    counter.send_now()
    assert counter._uplink.woken == [False, True]


def test_an_unfinished_entry_is_not_kept(counter, device):
    journey = finished(counter)
    assert journey.entry.answer("/data/age", "").kept is False
    journey.entry.undo()
    with pytest.raises(Unfinished):
        journey.confirm()
    assert device.outbox.counts().waiting == 0
    assert counter._uplink.woken == []


def test_an_assisted_entry_tells_how_and_by_whom(counter, device):
    helped = Assistance("Samia", given=Given.SPOKEN, wording="2026-1", read_back=True)
    helped.help |= {Help.READING, Help.WORDING}
    helped.reworded |= {"/data/idee"}
    finished(counter, helped, idee="Un banc").confirm()
    (said,) = hall.opened(device)
    told = said.assistance
    assert said.mode is Mode.ASSISTED
    assert told.help == {Help.READING, Help.WORDING}
    assert (told.read_back, told.reworded) == (True, ("/data/idee",))
    agreed = told.agreement
    assert (agreed.mediator, agreed.place) == ("Samia", "Mairie annexe")
    assert (agreed.given, agreed.wording) == (Given.SPOKEN, "2026-1")


def test_the_receipt_is_a_code_and_on_an_enrolled_device_an_address(counter, device):
    alone = finished(counter)
    alone.confirm()
    assert alone.receipt.qr == alone.receipt.code
    key = device.key.public_key().public_bytes_raw()
    device.enrol(Enrolment("https://parvis.example.org", key, "mairie"))
    enrolled = finished(counter)
    enrolled.confirm()
    assert enrolled.receipt.qr.upper().startswith("HTTPS://PARVIS.EXAMPLE.ORG")
    assert enrolled.receipt.code != alone.receipt.code


def test_the_state_tells_what_waits_and_why(counter):
    finished(counter).confirm()
    state = counter.state()
    assert (state.waiting, state.released, state.quarantined) == (1, 0, 0)
    assert (state.server, state.last_success) == ("", 5.0)
    assert state.trouble == "The server is not there."


def test_trouble_is_logged_without_a_word_of_what_was_said(counter, caplog):
    counter.report(SyncError("The disk is full."))
    assert "The disk is full." in caplog.text


def test_without_a_network_there_is_nothing_to_hurry(device):
    counter = Counter(device)
    counter.send_now()
    assert counter.state().trouble == ""


def test_where_cards_cannot_be_counted_what_was_said_is_sealed_and_has_its_receipt(tmp_path):
    with Device.open(tmp_path / "device") as device:
        cards = device.hold(hall.from_catalogue("cartes-avis").data)
        counter = Counter(device)
        offer = Offer(cards, lambda: hall.NOON)
        device.database.conn.execute("PRAGMA query_only=ON")  # as on a disk that is full
        journey = Journey(
            lambda: counter.begin(offer), lambda journey: counter.keep(offer, journey, "fr")
        )
        journey.start()
        journey.confirm()
        assert journey.receipt.code
        assert device.outbox.counts().waiting == 1


def test_where_their_counts_are_gone_cards_come_all_the_same(tmp_path):
    with Device.open(tmp_path / "device") as device:
        cards = device.hold(hall.from_catalogue("cartes-avis").data)
        counter = Counter(device)
        device.database.conn.execute("DROP TABLE exposures")
        assert counter.begin(Offer(cards, lambda: hall.NOON)).steps()


# --- once, whatever happens -----------------------------------------------------------------------


def test_an_address_too_long_for_a_qr_code_gives_a_receipt_without_and_is_sealed_once(
    counter, device
):
    key = device.key.public_key().public_bytes_raw()
    device.enrol(Enrolment(f"https://{'participation.' * 6}example.org", key, "mairie"))
    journey = finished(counter, idee="Un banc")
    journey.confirm()
    assert journey.receipt.qr == journey.receipt.code != ""
    assert device.outbox.counts().waiting == 1


def test_who_confirms_again_after_something_went_wrong_behind_it_is_counted_once(counter, device):
    journey = finished(counter, idee="Un banc")
    kept = counter._uplink.wake

    def stumbles(*, now=False):
        raise SyncError("The thread is gone.")

    counter._uplink.wake = stumbles
    with pytest.raises(SyncError):
        journey.confirm()
    counter._uplink.wake = kept
    journey.confirm()
    assert journey.receipt.code
    assert device.outbox.counts().waiting == 1


def test_two_people_who_say_the_same_are_two(counter, device):
    first, second = finished(counter), finished(counter)
    first.confirm()
    second.confirm()
    assert first.receipt != second.receipt
    assert device.outbox.counts().waiting == 2
