"""The desk's agent: it holds sealed keys for a while, for its user alone, and leaves nothing."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync.desk.agent import LONGEST, MOST_HELD, REQUEST, Agent, Ask, ForeignAgent, NoAgent
from sync.desk.agent_process import Vault, leave_no_core
from sync.key_directory import KeyDirectory
from sync.keys import Suite
from sync.sealed_keys import KnownRoot, Root
from tests.sync.under_passphrase import PASSPHRASE, ROOT, Terminal, command, root_of, run

SOMEBODY = 65534
"""A user who is not root."""

is_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


@pytest.fixture
def runtime() -> Iterator[Path]:
    """As the system makes for who is logged in: short, and theirs alone."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def agent(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Agent]:
    """One that may be started, and is gone afterwards."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.delenv("PARVIS_PASSPHRASE_FILE", raising=False)
    found = Agent.of_this_session()
    assert found is not None
    yield found
    with contextlib.suppress(ForeignAgent):
        found.stop()


@pytest.fixture
def keys(tmp_path: Path) -> KeyDirectory:
    return KeyDirectory.create(tmp_path / "keys", label="Ville", suite=Suite.X25519, root=ROOT)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(PASSPHRASE)
    path.chmod(0o600)
    return path


def process_of(agent: Agent) -> int:
    """The agent's process, as the kernel knows it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(str(agent.socket))
        told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(told[:4], sys.byteorder)


def wait_until_gone(agent: Agent) -> None:
    while agent.status() is not None:
        time.sleep(0.05)


# --- what it is for


def test_commands_ask_nothing_while_it_holds_and_ask_again_afterwards(
    agent: Agent, keys: KeyDirectory, file: Path
) -> None:
    renew = ("keys", "renew", "--keys", keys.path)
    assert run(*renew).exit_code == 1
    assert run("keys", "agent", "status").output == "No agent runs.\n"
    started = run("keys", "agent", "start", "--keys", keys.path, "--passphrase-file", file)
    assert started.exit_code == 0, started.output
    assert "for 1 h 0 min" in started.output
    assert run(*renew).exit_code == 0
    status = run("keys", "agent", "status")
    assert status.exit_code == 0
    assert "holds the keys of one passphrase for 1 h 0 min" in status.output
    assert run("keys", "agent", "lock").exit_code == 0
    assert run(*renew).exit_code == 1
    assert "holds nothing" in run("keys", "agent", "status").output
    assert run("keys", "agent", "stop").exit_code == 0
    wait_until_gone(agent)
    assert not agent.socket.exists()
    for words in ("lock", "stop", "status"):
        ended = run("keys", "agent", words)
        assert ended.exit_code == 1
        assert "No agent runs" in ended.output


def test_a_locked_agent_holds_again_what_the_next_command_asked_for(
    agent: Agent, keys: KeyDirectory
) -> None:
    assert agent.start(600)
    assert not agent.start(600)  # it runs already
    terminal = Terminal("keys", "renew", "--keys", keys.path)
    terminal.answer("Passphrase of ", PASSPHRASE)
    assert terminal.end() == 0, terminal.seen
    terminal = Terminal("keys", "renew", "--keys", keys.path)
    assert terminal.end() == 0, terminal.seen
    assert "Passphrase of" not in terminal.seen


def test_to_be_held_longer_the_passphrase_is_wanted_again(
    agent: Agent, keys: KeyDirectory, file: Path
) -> None:
    start = ("keys", "agent", "start", "--keys", keys.path, "--for")
    assert run(*start, "30m", "--passphrase-file", file).exit_code == 0
    refused = run(*start, "8h")
    assert refused.exit_code == 1
    assert "there is no terminal" in refused.output
    status = agent.status()
    assert status is not None
    assert max(status.seconds) <= 1800
    assert run(*start, "8h", "--passphrase-file", file).exit_code == 0
    status = agent.status()
    assert status is not None
    assert 1800 < max(status.seconds) <= 8 * 3600
    assert len(status.seconds) == 1
    for wrong in ("0s", "25h", "1 week", "-1h", "1e3s", "h"):
        assert run(*start, wrong, "--passphrase-file", file).exit_code == 2


def test_keys_in_plain_need_no_agent_and_none_is_started(
    agent: Agent, keys: KeyDirectory, file: Path
) -> None:
    keys.seal(None)
    start = run("keys", "agent", "start", "--keys", keys.path, "--passphrase-file", file)
    assert start.exit_code == 1
    assert "nothing to hold" in start.output
    assert agent.status() is None


def test_ten_commands_at_once_are_served(agent: Agent, keys: KeyDirectory, tmp_path: Path) -> None:
    assert agent.start(600)
    assert agent.hold(ROOT)
    split = ("keys", "split", "--keys", keys.path, "--of", "3", "--needed", "2", "--out")
    started = [
        subprocess.Popen(command(*split, tmp_path / f"cards{number}"), stdin=subprocess.DEVNULL)
        for number in range(10)
    ]
    assert [process.wait() for process in started] == [0] * 10
    assert len(list(tmp_path.glob("cards*/card-*.txt"))) == 30


def test_ten_that_start_it_at_once_have_one(agent: Agent, keys: KeyDirectory, file: Path) -> None:
    start = ("keys", "agent", "start", "--keys", keys.path, "--passphrase-file", file)
    started = [
        subprocess.Popen(command(*start), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        for _ in range(10)
    ]
    assert [process.wait() for process in started] == [0] * 10
    assert agent.root(ROOT.lock) == ROOT
    assert agent.stop()
    wait_until_gone(agent)
    assert agent.status() is None


def test_a_former_passphrase_is_forgotten_when_it_is_changed(
    agent: Agent, keys: KeyDirectory, file: Path, tmp_path: Path
) -> None:
    assert agent.start(600)
    assert agent.hold(ROOT)
    other = tmp_path / "other"
    other.write_text("tout autre chose")
    changed = run("keys", "protect", "--keys", keys.path, "--change", "--passphrase-file", file,
                  "--new-passphrase-file", other)  # fmt: skip
    assert changed.exit_code == 0, changed.output
    assert agent.root(ROOT.lock) is None


# --- how it ends


def test_what_it_holds_is_over_by_the_clock_and_so_is_it(agent: Agent) -> None:
    now = [0.0]
    vault = Vault(lambda: now[0])
    vault.inbox[-32:] = ROOT.key
    assert vault.hold(ROOT.lock.name, 3600)
    now[0] = 3599.0
    vault.look_at_the_clock()
    held = vault.root(ROOT.lock.name)
    assert held is not None
    assert bytes(held) == ROOT.key
    now[0] = 3600.0
    vault.look_at_the_clock()
    assert vault.root(ROOT.lock.name) is None
    assert not any(held)  # overwritten where it lay
    assert agent.start(1)
    assert agent.hold(ROOT)
    wait_until_gone(agent)
    assert not agent.socket.exists()


def test_it_holds_so_many_and_each_for_a_day_at_most(agent: Agent) -> None:
    assert agent.start(600)
    for number in range(MOST_HELD):
        assert agent.hold(root_of(f"{number}"), LONGEST * 100)
    assert not agent.hold(ROOT)
    status = agent.status()
    assert status is not None
    assert len(status.seconds) == MOST_HELD
    assert max(status.seconds) <= LONGEST
    assert agent.lock()
    assert agent.hold(ROOT)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_leaves_no_socket(agent: Agent, ending: signal.Signals) -> None:
    assert agent.start(600)
    os.kill(process_of(agent), ending)
    wait_until_gone(agent)
    assert not agent.socket.exists()


def test_after_a_kill_commands_ask_and_another_can_be_started(
    agent: Agent, keys: KeyDirectory, file: Path
) -> None:
    assert agent.start(600)
    assert agent.hold(ROOT)
    os.kill(process_of(agent), signal.SIGKILL)
    wait_until_gone(agent)
    assert agent.socket.exists()  # stale
    refused = run("keys", "renew", "--keys", keys.path)
    assert refused.exit_code == 1
    assert "there is no terminal to ask" in refused.output
    assert run("keys", "agent", "status").output == "No agent runs.\n"
    started = run("keys", "agent", "start", "--keys", keys.path, "--passphrase-file", file)
    assert started.exit_code == 0, started.output
    assert run("keys", "renew", "--keys", keys.path).exit_code == 0


def test_it_ends_when_the_session_that_started_it_does(agent: Agent) -> None:
    start = f"{sys.executable} -c 'from sync.desk.agent import Agent; "
    start += "print(Agent.of_this_session().start(600), flush=True)'"
    with subprocess.Popen(
        ["sh", "-c", f"{start}; read _"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    ) as shell:  # fmt: skip
        assert shell.stdout is not None
        assert shell.stdout.readline() == b"True\n"
        assert agent.status() is not None
    wait_until_gone(agent)
    assert not agent.socket.exists()


def test_it_ends_when_its_folder_goes_as_at_logout(agent: Agent) -> None:
    assert agent.start(600)
    pidfd = os.pidfd_open(process_of(agent))
    agent.socket.unlink()
    (agent.folder / "desk-agent.lock").unlink()
    agent.folder.rmdir()
    signal.pidfd_send_signal(pidfd, 0)  # it is there
    assert select.select([pidfd], [], [], 120)[0]
    os.close(pidfd)


# --- what it gives away


def test_nobody_else_may_reach_it_and_nothing_of_it_is_dumped(agent: Agent) -> None:
    assert agent.start(600)
    assert stat.S_IMODE(agent.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(agent.socket.stat().st_mode) == 0o600
    process = Path("/proc") / str(process_of(agent))
    limits = (process / "limits").read_text()
    assert limits.split("Max core file size")[1].split()[:2] == ["0", "0"]
    assert PASSPHRASE not in (process / "cmdline").read_text()
    status = agent.status()
    assert status is not None
    locked = int((process / "status").read_text().split("VmLck:")[1].split()[0])
    assert status.memory_locked == (locked > 0)


@is_root
def test_its_memory_is_closed_to_other_processes_of_its_user() -> None:
    """Tried by somebody who is not root, on a process that does as the agent does, and one not."""

    def can_be_looked_into(before: Callable[[], None]) -> bool:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            before()
            os.write(writing, b".")
            signal.pause()
        os.read(reading, 1)
        try:
            with Path(f"/proc/{child}/mem").open("rb"):
                return True
        except PermissionError:
            return False
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    tried = os.fork()
    if tried == 0:
        outcome = 1
        try:
            os.setgid(SOMEBODY)
            os.setuid(SOMEBODY)
            ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE: as any program begins
            assert can_be_looked_into(lambda: None)
            assert not can_be_looked_into(leave_no_core)
            outcome = 0
        finally:
            os._exit(outcome)
    assert os.waitstatus_to_exitcode(os.waitpid(tried, 0)[1]) == 0


@is_root
def test_a_root_lies_in_one_place_of_its_memory_and_in_none_once_it_is_locked(
    agent: Agent,
) -> None:
    root = root_of("looked for in memory")
    assert agent.start(600)
    for _ in range(3):
        assert agent.hold(root)
        assert agent.root(root.lock) == root
    process = process_of(agent)
    assert copies_in(process, root) == 1
    assert agent.lock()
    assert copies_in(process, root) == 0
    for path in agent.folder.rglob("*"):
        assert not path.is_file() or root.key not in path.read_bytes()


def copies_in(process: int, root: Root) -> int:
    """How often a root lies in the memory of a process."""
    count = 0
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            first, last = (int(part, 16) for part in line.split()[0].split("-"))
            if "r" not in line.split()[1] or "[v" in line:
                continue
            with contextlib.suppress(OSError):
                memory.seek(first)
                count += memory.read(last - first).count(root.key)
    return count


@is_root
def test_another_user_is_told_nothing(agent: Agent) -> None:
    assert agent.start(600)
    assert agent.hold(ROOT)
    # Even where somebody opened the way to it.
    for folder in (agent.folder, agent.folder.parent):
        folder.chmod(0o777)
    agent.socket.chmod(0o666)
    child = os.fork()
    if child == 0:
        outcome = 1
        try:
            os.setuid(SOMEBODY)
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
                connection.connect(str(agent.socket))
                connection.send(REQUEST.pack(Ask.GIVE.value, ROOT.lock.name, 0, bytes(32)))
                outcome = 0 if connection.recv(100) == b"" else 2
        except ConnectionError:  # it hung up
            outcome = 0
        finally:
            os._exit(outcome)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert agent.root(ROOT.lock) == ROOT


@is_root
def test_another_users_agent_is_told_nothing_and_said(
    agent: Agent, keys: KeyDirectory, file: Path
) -> None:
    agent.folder.mkdir(mode=0o777)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with listener:
        child = os.fork()
        if child == 0:  # who listens is who called listen: the kernel remembers them
            outcome = 1
            try:
                listener.bind(str(agent.socket))
                os.setuid(SOMEBODY)
                listener.listen(8)
                heard = b""
                for _ in range(2):
                    connection, _ = listener.accept()
                    with connection:
                        heard += connection.recv(100)
                outcome = 0 if heard == b"" else 2
            finally:
                os._exit(outcome)
        listener.close()
        told = None
        while told is None:
            try:
                agent.hold(ROOT)
                time.sleep(0.05)  # it does not listen yet
            except ForeignAgent as error:
                told = str(error)
        assert "another user's: it was told nothing" in told
        done = run("keys", "renew", "--keys", keys.path)
        assert done.exit_code == 1
        assert "another user's" in done.output
        assert "there is no terminal" in done.output
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert keys.path.exists()


def test_whoever_comes_and_says_nothing_or_nonsense_keeps_nobody_waiting_for_ever(
    agent: Agent,
) -> None:
    assert agent.start(600)
    assert agent.hold(ROOT)
    mute = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(4)]
    for number, connection in enumerate(mute):
        connection.connect(str(agent.socket))
        if number:
            connection.send(os.urandom((1, 68, 500)[number - 1]))
    assert agent.root(ROOT.lock) == ROOT
    for connection in mute:
        connection.close()
    assert agent.root(ROOT.lock) == ROOT


def test_where_there_is_no_folder_of_ones_own_no_agent_is_started(
    tmp_path: Path, keys: KeyDirectory, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = ("keys", "agent", "start", "--keys", keys.path, "--passphrase-file", file)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert "set XDG_RUNTIME_DIR" in run(*start).output
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o755)
    for folder, said in (
        (open_to_all, "not yours alone"),
        (tmp_path / "none", "No such file"),
    ):
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
        refused = run(*start)
        assert refused.exit_code == 1
        assert said in refused.output
        # Whoever only has keys opened is not troubled by it.
        renew = run("keys", "renew", "--keys", keys.path, "--passphrase-file", file)
        assert renew.exit_code == 0, renew.output
    long = tmp_path / ("x" * 100)
    long.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    with pytest.raises(NoAgent, match="did not start"):
        Agent(long / "parvis").start(60)
    assert KeyDirectory.open(keys.path, KnownRoot(ROOT)).recipient
