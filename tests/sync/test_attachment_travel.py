"""Attachments from the device to the desk's media folder, and what may happen to them between."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from random import Random

import pytest
import requests

from sync.attachment import Attachment
from sync.client.https import enrol, sync_once
from sync.client.pace import Pace
from sync.contribution import Contribution, Mode
from sync.desk.export import export_csv
from sync.desk.findings import Kind
from sync.desk.store import DeskStore
from sync.device import Device
from sync.errors import AlreadyEnrolled
from sync.outbox import Counts, Outgoing
from sync.rules import SyncRules
from sync.server.uploads import Uploads
from tests.sync.relay import relayed
from tests.sync.test_travel import moved
from tests.sync.town import Town
from tests.waiting import LONG

ON_BOTH_DATABASES = True

PHOTO = Attachment("idea-1f.jpg", b"\xff\xd8\xff\xe0" + bytes(range(256)) * 1_200, "image/jpeg")
VOICE = Attachment("idea-2a.ogg", b"OggS la place", "audio/ogg")


def say(town: Town, device: Device, *attached: Attachment) -> None:
    """Somebody answers with files."""
    held = device.consultation(town.consultation.id)
    paths = ("idea", "budget")
    fields = tuple((f"/data/{path}", one.name) for path, one in zip(paths, attached, strict=False))
    device.confirm(
        held.id, Contribution("place", "1", held.form_hash, Mode.SELF, "fr", fields), attached
    )


def batch_of(device: Device) -> Outgoing:
    outgoing = device.outbox.next_batch()
    assert outgoing is not None
    return outgoing


def put(url: str, outgoing: Outgoing) -> bytes:
    answer = requests.put(f"{url}/v1/batches/{outgoing.name}", data=outgoing.data, timeout=LONG)
    assert answer.status_code == 200
    return answer.content


def patch(
    url: str, at: int, piece: bytes, complete: bool, path: str
) -> tuple[int, str | None, str | None]:
    answer = requests.patch(
        f"{url}{path}",
        data=piece,
        headers={
            "Content-Type": "application/partial-upload",
            "Upload-Offset": str(at),
            "Upload-Complete": "?1" if complete else "?0",
        },
        timeout=LONG,
    )
    headers = answer.headers
    return answer.status_code, headers.get("Upload-Offset"), headers.get("Upload-Complete")


def contents(store: DeskStore, town: Town) -> list[bytes]:
    return [
        store.media.file(one.sha256).read_bytes()
        for said in store.contributions(town.consultation.id)
        for one in said.attachments
        if one.here
    ]


def test_a_photograph_and_a_recording_reach_the_organisers_folder(
    town: Town, tmp_path: Path
) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        say(town, device, PHOTO, VOICE)
        town.confirm(device, "un banc")
        told = []
        report = sync_once(device, told.append)
        assert (report.sent, report.left, report.troubles) == (2, 0, ())
        assert any(one.part is not None for one in told)
        pulled = town.pull(url, desk)
        assert (pulled.opened, pulled.findings) == (2, ())
        assert contents(desk, town) == [PHOTO.content, VOICE.content]
        done = export_csv(desk, tmp_path / "table.csv")
        assert (done.contributions, done.files) == (2, 2)
        assert (tmp_path / "media" / PHOTO.name).read_bytes() == PHOTO.content
        assert f'"{PHOTO.name}","{VOICE.name}"' in (tmp_path / "table.csv").read_text("utf-8-sig")
        # Again: nothing is fetched or counted twice.
        assert town.pull(url, desk).opened == 0
        assert export_csv(desk, tmp_path / "table.csv").files == 2


def test_two_files_of_one_name_lie_beside_the_table_under_two(town: Town, tmp_path: Path) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        say(town, device, PHOTO)
        say(town, device, Attachment(PHOTO.name.upper(), b"\xff\xd8\xff another", "image/jpeg"))
        assert sync_once(device).complete
        town.pull(url, desk)
        export_csv(desk, tmp_path / "table.csv")
        laid = {path.name: path.read_bytes() for path in (tmp_path / "media").iterdir()}
        assert sorted(laid.values()) == sorted([PHOTO.content, b"\xff\xd8\xff another"])
        table = (tmp_path / "table.csv").read_text("utf-8-sig")
        assert all(f'"{name}"' in table for name in laid)


def test_what_is_not_what_it_is_called_is_not_laid_under_its_name(
    town: Town, tmp_path: Path
) -> None:
    page = Attachment("photo.jpg", b"<html><script>alert(1)</script>", "image/jpeg")
    program = Attachment("photo.desktop", b"[Desktop Entry]\nExec=sh", "image/jpeg")
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        say(town, device, page, program)
        say(town, device, PHOTO)
        assert sync_once(device).complete
        town.pull(url, desk)
        done = export_csv(desk, tmp_path / "table.csv")
    laid = {path.name for path in (tmp_path / "media").iterdir()}
    assert laid == {"photo.jpg.unchecked", "photo.desktop.unchecked", PHOTO.name}
    assert (done.files, done.doubtful) == (3, 2)
    assert '"photo.jpg.unchecked"' in (tmp_path / "table.csv").read_text("utf-8-sig")


def test_a_contribution_is_stored_only_with_its_attachments(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        say(town, device, PHOTO)
        town.confirm(device, "un banc")
        outgoing = batch_of(device)
        # Only the batch arrives.
        assert device.outbox.release(put(url, outgoing)) == 1
        assert device.outbox.counts() == Counts(sent=1, released=1)
        pulled = town.pull(url, desk)
        [finding] = pulled.findings
        assert finding.kind is Kind.MISSING
        assert PHOTO.name in finding.sentence
        assert contents(desk, town) == []
        # The rest follows.
        report = sync_once(device)
        assert (report.sent, report.left) == (1, 0)
        pulled = town.pull(url, desk)
        assert (pulled.findings, pulled.total) == ((), 2)
        assert contents(desk, town) == [PHOTO.content]


def test_an_upload_that_is_cut_goes_on_where_it_was(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        say(town, device, PHOTO)
        size = len(batch_of(device).data) + 330_000
        with relayed(url, cut_after=120_000) as relay:
            moved(device, relay.url)
            tries = 1
            while not sync_once(device, pace=Pace(1 << 20)).complete:
                tries += 1
            assert 2 < tries < 12
            # What had come was not sent again, but for what was under way in the buffers.
            assert relay.up < 2 * size
        moved(device, url)
        assert town.pull(url, desk).findings == ()
        assert contents(desk, town) == [PHOTO.content]


def test_a_batch_that_is_cut_goes_on_where_it_was(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        town.confirm(device, *("mot " * 50 + str(number) for number in range(700)))
        size = len(batch_of(device).data)
        assert size > 60_000
        with relayed(url, cut_after=20_000) as relay:
            moved(device, relay.url)
            pace = Pace()
            tries = 1
            while not sync_once(device, pace=pace).complete:
                tries += 1
            assert 2 < tries < 30
        moved(device, url)
        assert town.pull(url, desk).total == 700


@pytest.mark.parametrize("back", [False, True], ids=["on the way there", "on the way back"])
def test_a_connection_cut_at_any_byte_loses_nothing_and_counts_nothing_twice(
    town: Town, back: bool
) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        with relayed(url) as whole:
            moved(device, whole.url)
            say(town, device, VOICE)
            assert sync_once(device).complete
            length = whole.down if back else whole.up
        cuts = sorted({1, length - 1, *Random(3).sample(range(length), 60)})
        pace = Pace(1_000)
        for number, cut in enumerate(cuts):
            say(town, device, Attachment(f"{number}.ogg", b"OggS", "audio/ogg"))
            there, here = (None, cut) if back else (cut, None)
            with relayed(url, cut_after=there, cut_back_after=here) as relay:
                moved(device, relay.url)
                sync_once(device, pace=pace)
        moved(device, url)
        assert sync_once(device).left == 0
        pulled = town.pull(url, desk)
        assert (pulled.total, pulled.findings) == (len(cuts) + 1, ())
        assert len(contents(desk, town)) == len(cuts) + 1


def test_the_rules_of_an_upload(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        say(town, device, PHOTO)
        outgoing = batch_of(device)
        [stream] = outgoing.enclosed
        data = (device.directory / "attachments" / stream.name).read_bytes()
        path = f"/v1/consultations/{town.consultation.id}/attachments/{stream.name}"
        assert requests.head(f"{url}{path}", timeout=LONG).status_code == 404  # nobody named it yet
        assert patch(url, 0, data, True, path)[0] == 404
        put(url, outgoing)
        head = requests.head(f"{url}{path}", timeout=LONG)
        assert (head.status_code, head.headers["Upload-Offset"]) == (204, "0")
        assert head.headers["Upload-Complete"] == "?0"
        assert patch(url, 7, data[7:], True, path) == (409, "0", "?0")
        assert patch(url, 0, data[:1000], False, path) == (204, "1000", "?0")
        assert patch(url, 0, data[:1000], False, path) == (409, "1000", "?0")
        assert patch(url, 1000, data[1000:] + b"x", True, path)[0] == 413
        # Not all of it is there, whatever the last piece says.
        assert patch(url, 1000, data[1000:2000], True, path) == (204, "2000", "?0")
        # Somebody brings other bytes: they are not taken, and it begins anew.
        assert patch(url, 2000, bytes(len(data) - 2000), True, path)[0] == 400
        assert requests.head(f"{url}{path}", timeout=LONG).headers["Upload-Offset"] == "0"
        assert patch(url, 0, data, True, path) == (204, str(len(data)), "?1")
        assert patch(url, 5, data, True, path) == (204, str(len(data)), "?1")
        assert requests.get(f"{url}{path}", timeout=LONG).status_code == 401
        for headers in ({}, {"Upload-Offset": "-1", "Upload-Complete": "?1"}):
            assert requests.patch(f"{url}{path}", headers=headers, timeout=LONG).status_code == 400


def test_a_batch_may_come_in_pieces(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc", "un arbre")
        outgoing = batch_of(device)
        path = f"/v1/batches/{outgoing.name}"
        assert requests.head(f"{url}{path}", timeout=LONG).headers["Upload-Offset"] == "0"
        assert patch(url, 0, outgoing.data[:100], False, path) == (204, "100", "?0")
        assert patch(url, 0, b"hello, stranger, stranger" * 5, False, "/v1/batches/" + "0" * 64)[
            0
        ] in (403, 422)
        assert patch(url, 90, outgoing.data[90:], True, path) == (409, "100", "?0")
        assert patch(url, 100, outgoing.data[100:], True, path)[0] == 200
        head = requests.head(f"{url}{path}", timeout=LONG).headers
        assert (head["Upload-Offset"], head["Upload-Complete"]) == (str(len(outgoing.data)), "?1")
        said = requests.get(f"{url}{path}/acknowledgement", timeout=LONG).content
        assert device.outbox.release(said) == 2
        assert patch(url, 0, b"", True, path)[0] == 200  # again: the same word


def test_a_file_that_this_devices_disk_damaged_is_named_and_blocks_nothing(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        say(town, device, PHOTO)
        say(town, device, VOICE)
        photo, _ = batch_of(device).enclosed
        path = device.directory / "attachments" / photo.name
        spoilt = bytearray(path.read_bytes())
        spoilt[1000] ^= 1
        path.write_bytes(spoilt)
        report = sync_once(device)
        assert (report.sent, report.quarantined, report.left) == (1, 1, 0)
        assert "damaged" in device.outbox.quarantined()[0].cause
        pulled = town.pull(url, desk)
        assert pulled.total == 2
        assert [one.kind for one in pulled.findings] == [Kind.MISSING]
        assert contents(desk, town) == [VOICE.content]


def test_a_stick_brings_attachments_to_the_desk(town: Town, tmp_path: Path) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        say(town, device, PHOTO)
        sync_once(device)
        shutil.copytree(town.server_data, tmp_path / "copy")
        pulled = town.pull(tmp_path / "copy", desk)
        assert pulled.findings == ()
        assert contents(desk, town) == [PHOTO.content]


@pytest.mark.sqlite_alone
def test_a_server_set_back_to_an_older_backup_gets_again_what_it_lost(
    town: Town, tmp_path: Path
) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "avant")
        sync_once(device)
    shutil.copytree(town.server_data, tmp_path / "backup")
    with town.serving(), town.device() as device:
        for idea in ("un", "deux", "trois"):
            town.confirm(device, idea)
            assert sync_once(device).complete
        say(town, device, PHOTO)
        assert sync_once(device).complete
    # The register is public: of it there is always a newer copy.
    shutil.copytree(town.server_data / "register", tmp_path / "register")
    shutil.rmtree(town.server_data)
    shutil.copytree(tmp_path / "backup", town.server_data)
    shutil.rmtree(town.server_data / "register")
    shutil.copytree(tmp_path / "register", town.server_data / "register")
    with town.serving() as url, town.device() as device, town.desk() as desk:
        report = sync_once(device)
        assert report.sent == 4
        assert "older state" in report.notes[0]
        assert report.complete
        assert sync_once(device).sent == 0
        pulled = town.pull(url, desk)
        assert (pulled.total, pulled.findings) == (5, ())
        assert contents(desk, town) == [PHOTO.content]


def test_what_was_acknowledged_is_let_go_of_after_some_days_if_the_server_still_has_it(
    town: Town,
) -> None:
    with town.serving() as url, town.device(url=url) as device:
        device._wall = town.clock
        say(town, device, PHOTO)
        sync_once(device)
        assert len(device.outbox.kept()) == 1
        town.clock.now += 13 * 86_400
        sync_once(device)
        assert len(device.outbox.kept()) == 1
        town.registered(device)
        town.clock.now += 2 * 86_400
        sync_once(device)
        assert device.outbox.kept() == ()
        assert list((device.directory / "attachments").iterdir()) == []


def test_what_is_kept_never_takes_more_than_its_share_of_the_disk(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        device.follow(SyncRules(keep_megabytes=1))
        for number in range(6):
            say(town, device, Attachment(f"{number}.jpg", bytes(300_000), "image/jpeg"))
            town.registered(device)
        sync_once(device)
        assert sum(one.size for one in device.outbox.kept()) < 1 << 20
        assert len(device.outbox.kept()) == 3


@pytest.mark.sqlite_alone
def test_a_server_set_up_anew_gets_everything_that_is_still_here(
    town: Town, tmp_path: Path
) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "acquittée")
        sync_once(device)
        say(town, device, PHOTO)
        batch_of(device)
        town.confirm(device, "en attente")
    shutil.rmtree(town.server_data)
    with town.service() as service:
        service.publish(town.consultation.data)
    with town.serving() as url, town.device() as device, town.desk() as desk:
        with pytest.raises(AlreadyEnrolled):
            enrol(device, town.code(url))
        enrol(device, town.code(url), replace=True)
        assert sync_once(device).sent == 3
        assert town.pull(url, desk).total == 3
        assert contents(desk, town) == [PHOTO.content]


def test_uploads_that_rest_or_are_too_many_are_swept(tmp_path: Path) -> None:
    now = [1_000_000_000.0]
    uploads = Uploads(tmp_path / "uploads", most_bytes=250, clock=lambda: now[0])
    for number in range(4):
        name = hashlib.sha256(bytes([number])).hexdigest()
        uploads.append(name, 0, bytes(100))
        os.utime(tmp_path / "uploads" / name, (now[0] + number, now[0] + number))
    now[0] += 1000
    uploads.append("f" * 64, 0, b"")
    assert len(list((tmp_path / "uploads").iterdir())) == 3  # two that fit, and the new one
    now[0] += 8 * 86_400
    uploads.append("e" * 64, 0, b"")
    assert len(list((tmp_path / "uploads").glob("[!ef]*"))) == 0
