import subprocess
import sys
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from sync import batch
from sync.compression import Dictionary
from sync.contribution import Mode
from sync.device import Device, Enrolment, outbox_counts
from sync.envelope import Opener
from sync.errors import (
    AlreadyEnrolled,
    BadDataDirectory,
    BadKey,
    DeviceBusy,
    ErasedAlready,
    ForgedPackage,
    MalformedContribution,
    OlderPackage,
    UnknownConsultation,
)
from sync.keys import write_signing_key
from sync.outbox import Counts
from tests.sync.given import (
    CONSULTATION,
    GUARANTOR,
    OTHER_KEY,
    SERVER,
    acknowledged,
    consultation,
    enrolled_device,
    said,
)


def test_a_device_keeps_its_key_its_server_and_its_consultations(tmp_path: Path) -> None:
    with enrolled_device(tmp_path) as device:
        key_id, enrolment = device.key_id, device.enrolled
    with Device.open(tmp_path) as again:
        assert again.key_id == key_id
        assert again.enrolled == enrolment
        assert again.consultations() == (CONSULTATION,)
        assert again.complaints == []
    assert (tmp_path / "device.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "enrolment.json").stat().st_mode & 0o777 == 0o600


def test_a_confirmed_contribution_has_a_receipt_and_waits(tmp_path: Path) -> None:
    with enrolled_device(tmp_path) as device:
        receipt = device.confirm(CONSULTATION.id, said("oui"))
        receipt.verify(device.key.public_key())
        assert device.outbox.counts() == Counts(waiting=1)
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        assert device.outbox.release(acknowledged(outgoing)) == 1


def test_what_was_said_is_nowhere_on_the_device(tmp_path: Path) -> None:
    words = "passage des Tilleuls"
    with enrolled_device(tmp_path) as device:
        device.confirm(CONSULTATION.id, said(words, mode=Mode.ASSISTED))
        device.outbox.next_batch()
        for one in tmp_path.rglob("*"):
            if one.is_file():
                for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
                    assert words.encode(encoding) not in one.read_bytes(), one
    for one in tmp_path.rglob("*"):
        assert not one.is_file() or words.encode() not in one.read_bytes(), one


def test_the_random_instance_id_is_not_sealed(tmp_path: Path) -> None:
    with enrolled_device(tmp_path) as device:
        fields = (*said("oui").fields, ("/data/meta/instanceID", "uuid:1234"))
        device.confirm(CONSULTATION.id, replace(said("oui"), fields=fields))
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        found = batch.read(outgoing.data, device.key.public_key())
        opener = Opener([GUARANTOR], [Dictionary(CONSULTATION.dictionary)])
        session = opener.open_session(
            found.sections[0].header, consultation=found.consultation, device_key_id=device.key_id
        )
        assert session.open(next(found.records)).contribution == said("oui")


def test_sealing_sessions_do_not_outlive_the_process(tmp_path: Path) -> None:
    for _ in range(2):
        with enrolled_device(tmp_path) as device:
            for _ in range(3):
                device.confirm(CONSULTATION.id, said("oui"))
    with Device.open(tmp_path) as device:
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        sections = batch.read(outgoing.data, device.key.public_key()).sections
        assert [len(one.records) for one in sections] == [3, 3]


def test_a_session_is_followed_by_another_after_64_contributions(tmp_path: Path) -> None:
    with enrolled_device(tmp_path) as device:
        for _ in range(70):
            device.confirm(CONSULTATION.id, said("oui"))
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        sections = batch.read(outgoing.data, device.key.public_key()).sections
        assert [len(one.records) for one in sections] == [64, 6]


def test_a_second_process_on_the_same_data_is_refused_with_a_sentence(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom sync.device import Device\n"
        "from sync.errors import DeviceBusy\n"
        "try:\n    Device.open(Path(sys.argv[1]))\nexcept DeviceBusy as error:\n    print(error)\n"
    )
    with Device.open(tmp_path):
        command = [sys.executable, "-c", script, str(tmp_path)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        with pytest.raises(DeviceBusy):
            Device.open(tmp_path)
    assert "Close it first" in told
    assert str(tmp_path) in told
    with Device.open(tmp_path):
        pass


def test_the_outbox_is_counted_while_another_process_holds_the_device(tmp_path: Path) -> None:
    with enrolled_device(tmp_path) as device:
        device.confirm(CONSULTATION.id, said("oui"))
        assert outbox_counts(tmp_path) == Counts(waiting=1)
    assert outbox_counts(tmp_path) == Counts(waiting=1)
    with pytest.raises(BadDataDirectory, match="no data directory"):
        outbox_counts(tmp_path / "elsewhere")


def test_a_device_killed_after_confirming_still_holds_what_was_confirmed(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from tests.sync.given import CONSULTATION, enrolled_device, said\n"
        "device = enrolled_device(Path(sys.argv[1]))\n"
        "for n in range(5):\n    device.confirm(CONSULTATION.id, said(str(n)))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert outbox_counts(tmp_path) == Counts(waiting=5)
    with Device.open(tmp_path) as device:
        assert device.outbox.counts() == Counts(waiting=5)


def test_an_older_version_of_a_consultation_is_refused(tmp_path: Path) -> None:
    newer = consultation(2)
    with enrolled_device(tmp_path) as device:
        assert device.hold(newer.data) == newer
        with pytest.raises(OlderPackage):
            device.hold(CONSULTATION.data)
        assert device.consultation(newer.id) == newer
    with Device.open(tmp_path) as device:
        assert device.consultations() == (newer,)
        with pytest.raises(OlderPackage):
            device.hold(CONSULTATION.data)


def test_two_packages_of_one_version_number_are_not_taken_for_one_another(tmp_path: Path) -> None:
    other = consultation(1, form=b"<form>other</form>")
    with enrolled_device(tmp_path) as device:
        assert device.hold(CONSULTATION.data) == CONSULTATION
        with pytest.raises(OlderPackage, match="next number"):
            device.hold(other.data)


def test_a_forged_package_changes_nothing(tmp_path: Path) -> None:
    with enrolled_device(tmp_path) as device:
        with pytest.raises(ForgedPackage):
            device.hold(consultation(2).data[:-64] + bytes(64))
        assert device.consultations() == (CONSULTATION,)


def test_who_was_answering_when_a_new_version_came_can_still_confirm(tmp_path: Path) -> None:
    newer = consultation(2, form=b"<form>new</form>")
    with enrolled_device(tmp_path) as device:
        device.confirm(CONSULTATION.id, said("avant"))
        device.hold(newer.data)
        device.confirm(CONSULTATION.id, said("encore l'ancienne"))
        device.confirm(CONSULTATION.id, replace(said("nouvelle"), form_hash=newer.form_hash))
        assert device.outbox.counts() == Counts(waiting=3)


def test_an_answer_to_an_unknown_consultation_or_form_is_refused(tmp_path: Path) -> None:
    with enrolled_device(tmp_path) as device:
        with pytest.raises(UnknownConsultation, match="parvis-kiosk sync"):
            device.confirm("0" * 16, said("oui"))
        with pytest.raises(MalformedContribution):
            device.confirm(CONSULTATION.id, replace(said("oui"), form_hash="0" * 64))
        assert device.outbox.counts() == Counts()


def test_a_damaged_package_is_left_aside_and_said_to_the_steward(tmp_path: Path) -> None:
    with enrolled_device(tmp_path):
        pass
    (tmp_path / "consultations" / f"{CONSULTATION.id}.parvis").write_bytes(CONSULTATION.data[:-9])
    with Device.open(tmp_path) as device:
        assert device.consultations() == ()
        assert CONSULTATION.id in device.complaints[0]
        assert device.hold(CONSULTATION.data) == CONSULTATION


def test_a_damaged_enrolment_lets_residents_go_on_and_is_said_to_the_steward(
    tmp_path: Path,
) -> None:
    with enrolled_device(tmp_path):
        pass
    (tmp_path / "enrolment.json").write_text('{"url": 3')
    with Device.open(tmp_path) as device:
        assert device.enrolled is None
        assert "enrolled again" in device.complaints[0]
        device.confirm(CONSULTATION.id, said("oui"))


def test_a_device_whose_key_is_gone_does_not_quietly_make_another(tmp_path: Path) -> None:
    with enrolled_device(tmp_path):
        pass
    (tmp_path / "device.key").unlink()
    with pytest.raises(BadKey, match="backup"):
        Device.open(tmp_path)
    assert not (tmp_path / "device.key").exists()


def test_contributions_owed_to_one_server_are_not_taken_to_another(tmp_path: Path) -> None:
    elsewhere = Enrolment("https://x", OTHER_KEY.public_key().public_bytes_raw(), "m")
    moved = Enrolment("https://new.example", SERVER.public_bytes_raw(), "mairie")
    with enrolled_device(tmp_path) as device:
        device.confirm(CONSULTATION.id, said("oui"))
        with pytest.raises(AlreadyEnrolled):
            device.enrol(elsewhere)
        device.enrol(moved)
        assert device.enrolled == moved
    with Device.open(tmp_path) as device:
        assert device.enrolled == moved


def test_a_file_where_the_directory_should_be_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(BadDataDirectory, match="data"):
        Device.open(tmp_path / "data")


def test_residents_confirm_while_the_background_sends(tmp_path: Path) -> None:
    with enrolled_device(tmp_path) as device:
        done = threading.Event()

        def drain() -> None:
            while not done.is_set() or device.outbox.counts().waiting:
                outgoing = device.outbox.next_batch(7)
                if outgoing is not None:
                    device.outbox.release(acknowledged(outgoing))

        sender = threading.Thread(target=drain)
        sender.start()
        for n in range(100):
            device.confirm(CONSULTATION.id, said(str(n)))
        done.set()
        sender.join(60)
        assert device.outbox.counts() == Counts(released=100)


@pytest.mark.parametrize("wall", [-86_400.0, 0.0, 2_100_000_000.0])
def test_a_wrong_clock_stops_nobody(tmp_path: Path, wall: float) -> None:
    with Device.open(tmp_path, wall=lambda: wall) as device:
        device.hold(CONSULTATION.data)
        device.confirm(CONSULTATION.id, said("oui"))
        assert device.outbox.next_batch() is not None
        assert isinstance(device.today(), date)


def test_a_device_key_that_a_failing_disk_changed_is_named(tmp_path: Path) -> None:
    with enrolled_device(tmp_path):
        pass
    (tmp_path / "device.key").unlink()
    write_signing_key(tmp_path / "device.key", OTHER_KEY)
    with pytest.raises(BadKey, match="not the one that was enrolled"):
        Device.open(tmp_path)


# --- what has an origin is sealed once ------------------------------------------------------------


def test_an_origin_that_is_confirmed_again_gets_the_first_receipt(tmp_path: Path) -> None:
    enrolled_device(tmp_path).close()
    with Device.open(tmp_path, wall=lambda: 1_000_000_000.0) as device:
        first = device.confirm(CONSULTATION.id, said("oui"), origin="sheet 57")
        assert device.confirm(CONSULTATION.id, said("non"), origin="sheet 57") == first
        assert device.confirm(CONSULTATION.id, said("oui"), origin="sheet 58") != first
        assert device.outbox.counts() == Counts(waiting=2)
    with Device.open(tmp_path, wall=lambda: 1_800_000_000.0) as again:
        assert again.confirm(CONSULTATION.id, said("oui"), origin="sheet 57") == first
        assert again.outbox.counts() == Counts(waiting=2)


def test_what_has_no_origin_may_be_said_twice(tmp_path: Path) -> None:
    with enrolled_device(tmp_path) as device:
        device.confirm(CONSULTATION.id, said("oui"))
        device.confirm(CONSULTATION.id, said("oui"))
        assert device.outbox.counts() == Counts(waiting=2)


def test_what_was_acknowledged_and_let_go_of_is_still_not_sealed_again(tmp_path: Path) -> None:
    with enrolled_device(tmp_path) as device:
        first = device.confirm(CONSULTATION.id, said("oui"), origin="sheet 57")
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        device.outbox.release(acknowledged(outgoing))
        device.outbox.let_go([outgoing.name])
    with Device.open(tmp_path) as again:
        assert again.confirm(CONSULTATION.id, said("oui"), origin="sheet 57") == first
        assert again.outbox.counts() == Counts(released=1)


def test_what_was_erased_on_request_is_not_sealed_again(tmp_path: Path) -> None:
    with enrolled_device(tmp_path) as device:
        first = device.confirm(CONSULTATION.id, said("oui"), origin="sheet 57")
        device.outbox.erase((first.id, first.id))
        assert device.sealed_of(CONSULTATION.id, ["sheet 57", "sheet 58"]) == {"sheet 57"}
        with pytest.raises(ErasedAlready, match="erased since"):
            device.confirm(CONSULTATION.id, said("oui"), origin="sheet 57")
        assert device.outbox.counts() == Counts(erased=1)
    assert first.commitment not in (tmp_path / "outbox.sqlite").read_bytes()


def test_ten_at_once_of_one_origin_are_sealed_once(tmp_path: Path) -> None:
    with enrolled_device(tmp_path) as device:
        receipts = []
        start = threading.Barrier(10)

        def confirm() -> None:
            start.wait()
            receipts.append(device.confirm(CONSULTATION.id, said("oui"), origin="sheet 57"))

        threads = [threading.Thread(target=confirm) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(receipts) == 10
        assert len(set(receipts)) == 1
        assert device.outbox.counts() == Counts(waiting=1)


def test_an_origin_on_the_disk_does_not_say_what_it_is(tmp_path: Path) -> None:
    with enrolled_device(tmp_path / "a") as device, enrolled_device(tmp_path / "b") as other:
        for one in (device, other):
            one.confirm(CONSULTATION.id, said("oui"), origin="sheet 57")
        kept = [
            one.outbox.first(one._origin(CONSULTATION.id, "sheet 57")) for one in (device, other)
        ]
    assert None not in kept
    assert kept[0] != kept[1]
    for file in (tmp_path / "a").iterdir():
        assert file.is_dir() or b"sheet 57" not in file.read_bytes()
