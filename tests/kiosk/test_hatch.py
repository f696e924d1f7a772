"""Commands work while the kiosk runs: real processes, the real kiosk off screen."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kiosk import driver, hall  # isort: split

from kiosk import hatch
from kiosk.frames import Message, receive, send
from kiosk.people.accounts import Accounts, Role
from sync.client.background import BackgroundSync, Rhythm
from sync.device import Device, outbox_counts
from sync.errors import DeviceBusy
from tests.kiosk import paper
from tests.kiosk.paper import Desk, consultation
from tests.sync.town import Town

PATIENCE = 180  # seconds for a machine that is busy


def until(what, patience=PATIENCE):
    """Wait for something to be so."""
    end = time.monotonic() + patience
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


@contextmanager
def running(desk):
    """`parvis-kiosk run`, from when commands can reach it."""
    kiosk = subprocess.Popen(
        [sys.executable, "-m", "kiosk", "run", "--data", str(desk.data), "--size", "800x480"],
        env=os.environ | {"SDL_VIDEODRIVER": "offscreen", "PYTHONPATH": str(paper.ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: (desk.data / "hatch").exists() or kiosk.poll() is not None)
        assert kiosk.poll() is None, kiosk.stderr.read()
        yield kiosk
    finally:
        if kiosk.poll() is None:
            kiosk.terminate()
        try:
            kiosk.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            kiosk.kill()
            kiosk.communicate()


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_people_tables_and_rules_go_through_the_kiosk_that_runs(desk, tmp_path):
    table = desk.table("sheet,idee,age\n1,un,34\n2,deux,35\n3,trois,12\n")
    (tmp_path / "stick").mkdir()
    with running(desk) as kiosk:
        added = desk.command("people", "add", "Samia", "--pin", "4731")
        assert (added.returncode, added.stdout) == (0, "Samia can sign in as mediator.\n")
        assert desk.command("people", "add", "Marc", "--pin", "1234").returncode == 1
        assert desk.command("people", "list").stdout.split() == ["mediator", "Samia"]
        done = desk.transcribe(table)
        assert done.stdout == "2 kept and sealed, 1 not kept.\n"
        assert "line 4: age" in done.stderr
        assert desk.transcribe(table).stdout == "0 kept and sealed, 2 kept before, 1 not kept.\n"
        assert "7:00" in desk.command("rules", "--hours", "20-7").stdout
        assert "20:00" in desk.command("rules").stdout
        assert "0 contributions put aside" in desk.command("retry").stdout
        synced = desk.command("sync")
        assert (synced.returncode, "enrol" in synced.stderr) == (1, True)
        assert desk.command("courier", "out", tmp_path / "stick").returncode == 0
        gone = desk.command("people", "remove", "Bob")
        assert (gone.returncode, "Nobody called Bob" in gone.stderr) == (1, True)
        assert kiosk.poll() is None
    assert [said["idee"] for said in desk.fields()] == ["un", "deux"]
    assert not (desk.data / "hatch").exists()
    with Device.open(desk.data) as device:
        assert [one.name for one in Accounts(device.database).all()] == ["Samia"]


def test_the_hatch_is_for_its_user_alone(desk):
    with running(desk):
        assert (desk.data / "hatch").stat().st_mode & 0o777 == 0o600


def test_many_commands_at_once_lose_nothing(desk):
    words = [sys.executable, "-m", "kiosk"]
    tables = [desk.table(f"idee,age\nun,34\ndeux,3{n}\n", f"{n}.csv") for n in range(4)]
    with running(desk):
        commands = [
            [*words, "people", "add", f"Médiatrice {n}", "--pin", f"47{n}2"] for n in range(4)
        ] + [[*words, "transcribe", consultation().id, str(table)] for table in tables]
        at_once = [
            subprocess.Popen(
                [*command, "--data", str(desk.data)],
                cwd=paper.ROOT,
                stderr=subprocess.PIPE,
                text=True,
            )
            for command in commands
        ]
        assert [one.communicate(timeout=PATIENCE)[1] for one in at_once] == [""] * 8
        assert len(desk.command("people", "list").stdout.splitlines()) == 4
    assert outbox_counts(desk.data).waiting == 8


def test_a_kiosk_killed_in_the_middle_of_a_table_loses_and_doubles_nothing(desk):
    table = desk.table("idee,age\n" + "".join(f"idée {n},34\n" for n in range(300)))
    with running(desk) as kiosk:
        command = subprocess.Popen(
            [
                *(sys.executable, "-m", "kiosk", "transcribe", consultation().id, str(table)),
                *("--data", str(desk.data)),
            ],
            cwd=paper.ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        until(lambda: outbox_counts(desk.data).waiting > 20)
        kiosk.kill()
        said, told = command.communicate(timeout=PATIENCE)
        assert command.returncode == 1
        assert "Traceback" not in told
        assert "kept and sealed" in said, told
        assert "Run the same command again" in told
    assert 20 < outbox_counts(desk.data).waiting < 300
    assert (desk.data / "hatch").exists()  # it lies there, and is in nobody's way
    assert desk.transcribe(table).returncode == 0
    assert outbox_counts(desk.data).waiting == 300


def test_a_kiosk_of_another_version_is_told_to_be_restarted(desk, monkeypatch):
    with Device.open(desk.data) as device:
        open_ = hatch.Hatch(device)
        monkeypatch.setattr(hatch, "version", lambda _: "0.0.0")
        open_.start()
        try:
            done = desk.command("people", "list")
        finally:
            open_.stop()
    assert done.returncode == 1
    assert "Parvis 0.0.0" in done.stderr
    assert "Restart the kiosk" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_kiosk_that_hangs_is_not_waited_for_for_ever(desk, monkeypatch):
    monkeypatch.setattr(hatch, "_SILENCE", 0.2)
    with Device.open(desk.data), socket.socket(socket.AF_UNIX) as listening:
        with hatch._reached(desk.data) as path:
            listening.bind(path)
        listening.listen()
        silent = pytest.raises(hatch.SilentKiosk, match="restart the kiosk")
        with silent, hatch.work_at(desk.data):
            pass


def test_an_errand_that_takes_its_time_gives_signs_of_life(desk, monkeypatch):
    slow = threading.Event()

    def takes_its_time(device, given, tell):
        tell({"doing": "waiting"})
        slow.wait(PATIENCE)
        return Message({"done": True})

    monkeypatch.setattr(hatch, "_ALIVE", 0.02)
    monkeypatch.setattr(hatch, "_SILENCE", 60)
    monkeypatch.setattr(hatch, "ERRANDS", {"slow": takes_its_time})
    told = []
    with Device.open(desk.data) as device:
        open_ = hatch.Hatch(device)
        open_.start()
        threading.Timer(0.3, slow.set).start()
        with hatch.work_at(desk.data) as work:
            assert work.do("slow", Message({}), told.append).yes("done")
        open_.stop()
    assert [one["doing"] for one in told] == ["waiting"]


@pytest.mark.parametrize("junk", [b"", b"\x00", b"\xff" * 40, b"\x00\x00\x00\x02[]", b"GET / HTTP"])
def test_junk_at_the_hatch_harms_nobody(desk, junk):
    with Device.open(desk.data) as device:
        open_ = hatch.Hatch(device)
        open_.start()
        try:
            with socket.socket(socket.AF_UNIX) as stranger, hatch._reached(desk.data) as path:
                stranger.connect(path)
                stranger.sendall(junk)
                stranger.shutdown(socket.SHUT_WR)
                with contextlib.suppress(ConnectionResetError):
                    assert stranger.recv(100) == b""
            with hatch.work_at(desk.data) as work:
                assert work.do("people_list", Message({})).texts("people") == ()
                with pytest.raises(hatch.DeviceError, match="no such errand"):
                    work.do("nonsense", Message({}))
        finally:
            open_.stop()


def test_a_command_at_work_keeps_others_out_with_a_sentence(desk, monkeypatch):
    monkeypatch.setattr(hatch, "_OPENING", 0.1)
    with Device.open(desk.data), pytest.raises(DeviceBusy), hatch.work_at(desk.data):
        pass


def test_a_directory_with_a_long_name_has_a_hatch_all_the_same(tmp_path):
    desk = Desk(tmp_path / ("d" * 200))
    with Device.open(desk.data) as device:
        open_ = hatch.Hatch(device)
        open_.start()
        with hatch.work_at(desk.data) as work:
            assert work.do("people_list", Message({})).texts("people") == ()
        open_.stop()


def test_files_are_attached_through_the_kiosk_that_runs(tmp_path):
    from tests.kiosk.test_paper_answers import NESTED, png

    desk = Desk(tmp_path, NESTED)
    desk.table(png(), "banc.png")
    with running(desk):
        done = desk.transcribe(desk.table("photo\nbanc.png\n"))
        assert done.stdout == "1 kept and sealed, 0 not kept.\n", done.stderr
    (said,) = desk.said()
    assert said.attachments[0].fits(png())


def test_a_sync_goes_through_the_kiosk_that_runs_and_never_beside_its_own(tmp_path):
    town = Town(tmp_path)
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, *(f"idée {number}" for number in range(30)))
        open_ = hatch.Hatch(device)
        open_.start()
        background = BackgroundSync(device, Rhythm(settle=0.01, first=0.05, longest=0.1))
        background.start()
        try:
            words = [sys.executable, "-m", "kiosk", "sync", "--data", str(device.directory)]
            at_once = [
                subprocess.Popen(
                    words, cwd=paper.ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
                )
                for _ in range(3)
            ]
            told = [one.communicate(timeout=PATIENCE) for one in at_once]
        finally:
            background.stop(PATIENCE)
            open_.stop()
        assert [one.returncode for one in at_once] == [0, 0, 0], told
        assert all("sent and stored by the server" in said for said, _ in told)
        assert device.outbox.counts().released == 30
        with town.desk() as desk:
            assert town.pull(url, desk).total == 30


def test_messages_carry_bytes_and_no_more_than_they_say():
    one, other = socket.socketpair()
    with one, other:
        sender = threading.Thread(target=send, args=(one, Message({"a": "é"}, (b"x" * 70000, b""))))
        sender.start()
        came = receive(other)
        sender.join()
    assert (came.text("a"), came.content) == ("é", (b"x" * 70000, b""))


# --- what the screens show of it ------------------------------------------------------------------


def test_accounts_show_up_on_the_sign_in_screen_and_go_from_it(tmp_path):
    with hall.hall(tmp_path) as kiosk:
        open_ = hatch.Hatch(kiosk.device)
        open_.start()
        try:
            data = kiosk.device.directory
            assert not kiosk.kiosk.has_accounts
            with hall.quick_pins(), hatch.work_at(data) as work:
                for name, pin in (("Samia", "4731"), ("Marc", "9056")):
                    given = Message({"name": name, "role": Role.MEDIATOR.value, "pin": pin})
                    work.do("people_add", given)
                kiosk.wait(1)
                assert kiosk.kiosk.has_accounts
                kiosk.kiosk.open_sign_in()
                driver.frames(2)
                assert {"Samia", "Marc"} <= set(kiosk.things)
                given = Message({"name": "Ana", "role": Role.MEDIATOR.value, "pin": "5823"})
                work.do("people_add", given)
                work.do("people_remove", Message({"name": "Marc"}))
                kiosk.wait(1)
                driver.frames(2)
                assert {"Samia", "Ana"} <= set(kiosk.things)
                assert "Marc" not in kiosk.things
                kiosk.sign_in("Ana", "5823")
                assert kiosk.kiosk.account.name == "Ana"
                work.do("people_remove", Message({"name": "Ana"}))
                kiosk.wait(1)
                assert kiosk.kiosk.account is None
                assert kiosk.name == "welcome"
        finally:
            open_.stop()


def test_the_kiosk_ends_on_sigterm_with_its_hatch_shut(desk):
    with running(desk) as kiosk:
        until(lambda: (desk.data / "greeting.json").exists())  # its window is there
        kiosk.send_signal(signal.SIGTERM)
        until(lambda: kiosk.poll() is not None)
        assert kiosk.returncode == 0
    assert not Path(desk.data / "hatch").exists()
