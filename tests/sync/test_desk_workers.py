"""Batches opened by several processes: the same as by one, in order, and stopped like one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sync.client.https import sync_once
from sync.client.wire import NetworkTrouble
from sync.desk import workers
from sync.desk.findings import Kind
from sync.desk.pull import pull
from sync.desk.sources import ServerSource
from tests.sync.town import ROOT, Town, ideas
from tests.waiting import LONG


def many_batches(town: Town, url: str, count: int = 12) -> list[str]:
    said = [f"idée {number}" for number in range(2 * count)]
    with town.device(url=url) as device:
        town.confirm(device, *said)
        assert sync_once(device, batch=2).complete
    return sorted(said)


def stored(town: Town) -> list[Path]:
    return sorted(
        one
        for one in (town.server_data / "batches").rglob("*")
        if one.is_file() and one.name != "devices.json"
    )


def test_several_processes_open_what_one_opens(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    with town.serving() as url, town.desk("one.sqlite") as one, town.desk("two.sqlite") as two:
        said = many_batches(town, url)
        keys, source = [town.keys.recipient], ServerSource(url, town.keys.organiser)
        pull(source, one, keys, processes=1)
        monkeypatch.setattr(workers, "WORTH_A_PROCESS", 1)
        report = pull(source, two, keys, processes=2)
        assert (report.opened, report.batches, report.findings) == (24, 12, ())
        assert ideas(two, town.consultation.id) == said
        held = [list(store.contributions(town.consultation.id)) for store in (one, two)]
        assert held[0] == held[1]
        assert one.after(url, town.consultation.id) == two.after(url, town.consultation.id)


def test_several_processes_name_what_is_wrong_and_go_on(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "WORTH_A_PROCESS", 1)
    with town.serving() as url, town.desk() as desk:
        said = many_batches(town, url)
        batches = stored(town)
        sound = {path: path.read_bytes() for path in batches}
        batches[2].write_bytes(sound[batches[2]][:-1])
        batches[5].unlink()
        batches[7].write_bytes(b"PARVISB" + bytes(100))
        keys = [town.keys.recipient]
        source = ServerSource(url, town.keys.organiser)
        report = pull(source, desk, keys, processes=2)
        assert report.total == 18
        assert report.found[Kind.MISSING] >= 3
        for path, content in sound.items():
            path.write_bytes(content)
        report = pull(source, desk, keys, processes=2)
        assert ideas(desk, town.consultation.id) == said
        assert report.found == {}


def test_what_came_before_the_network_went_is_kept(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "WORTH_A_PROCESS", 1)

    class Breaking(ServerSource):
        left = 7

        def fetch(self, name: str) -> bytes:
            if not self.left:
                raise NetworkTrouble("The network is gone.")
            self.left -= 1
            return super().fetch(name)

    with town.serving() as url, town.desk() as desk:
        many_batches(town, url)
        keys = [town.keys.recipient]
        broken = pull(Breaking(url, town.keys.organiser), desk, keys, processes=2)
        assert (broken.batches, broken.opened, broken.trouble) == (7, 14, "The network is gone.")
        whole = pull(ServerSource(url, town.keys.organiser), desk, keys, processes=2)
        assert (whole.batches, whole.total) == (5, 24)


def test_ctrl_c_ends_every_process_and_the_next_pull_goes_on(town: Town) -> None:
    """A real `parvis-desk pull` in a session of its own, interrupted as a terminal would."""
    code = (
        "from sync.desk import workers, pull\n"
        "import signal, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's & ignores it
        "workers.WORTH_A_PROCESS = 1\n"
        "went = pull._Pull._opened\n"
        "def slow(self, *more):\n"
        "    went(self, *more); print('stored', flush=True); time.sleep(3)\n"
        "pull._Pull._opened = slow\n"
        "if __name__ == '__main__':\n"
        "    from sync.desk.commands import main\n"
        "    main()\n"
    )
    with town.serving() as url:
        said = many_batches(town, url)
        store = town.root / "desk.sqlite"
        script = town.root / "slow.py"
        script.write_text(code)
        process = subprocess.Popen(
            [sys.executable, str(script), "pull", "--server", url, "--keys", str(town.keys.path),
             "--store", str(store)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "stored\n"
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=LONG)
        assert process.returncode == 1, (out, err)
        assert "Traceback" not in err, err
        assert "goes on where it was" in err
        until = time.monotonic() + LONG
        while _alive(process.pid) and time.monotonic() < until:
            time.sleep(0.1)
        assert not _alive(process.pid)
        with town.desk() as desk:
            before = desk.counted()
            assert 2 <= before < 24
            report = town.pull(url, desk)
            assert (report.total, ideas(desk, town.consultation.id)) == (24, said)


def _alive(group: int) -> bool:
    """Whether any process of this group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
