"""`python -m kiosk.demo`: the whole path, on a real consultation, with the embedded server.

Where there is a screen, the kiosk opens in a window; where there is none, the story is played off
screen with real touches, and pictures of what people saw are kept.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from urllib.request import urlopen

import click

from kiosk.demo.traces import traces_of
from kiosk.demo.waiting import LIMIT, end, wait_for
from sync import consultation
from sync.command_line import Sentence

CONSULTATION = "democratie-courte"


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("build/demo"))
@click.option("--play/--window", default=None, help="Off screen, or in a window.")
def main(out: Path, play: bool | None) -> None:
    """Play the story of one contribution, from an author's spreadsheet to the organiser's table."""
    if play is None:
        play = not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    demo = Demo(out)
    demo.prepare()
    if play:
        demo.play()
    else:
        demo.open_window()
    demo.count()


class Demo:
    """The places and processes of one run."""

    def __init__(self, out: Path) -> None:
        self.out = out.resolve()
        self.device = self.out / "device"
        self.server = self.out / "server"
        self.desk = self.out / "desk"
        self.screens = self.out / "screens"
        self.table = self.out / "contributions.csv"
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.recorded = 0
        self.codes: list[str] = []
        """Of the receipts that people took away."""
        self.started = monotonic()

    def prepare(self) -> None:
        """Keys, consultation, server, an enrolled kiosk; the server is down again afterwards."""
        from kiosk.demo.people import MEDIATOR, MEDIATOR_PIN, STEWARD, STEWARD_PIN

        shutil.rmtree(self.out, ignore_errors=True)
        for folder in (self.desk, self.screens):
            folder.mkdir(parents=True)
        self._chapter("The organiser makes keys and publishes a consultation")
        keys, package = self.desk / "keys", self.desk / f"{CONSULTATION}.parvis"
        self._run("parvis-desk", "keys", "new", "--out", keys)
        self._run("parvis-desk", "publish", CONSULTATION, "--keys", keys, "--out", package)
        self._chapter("The server takes it; a kiosk is enrolled, and the server goes down")
        self._run("parvis-server", "publish", package, "--data", self.server)
        with self.serving():
            told = self._run(
                "parvis-server", "enrol", "--data", self.server, "--url", self.url, quiet=True
            )
            code = told.strip().splitlines()[-1]
            self._run("parvis-kiosk", "enrol", code, "--data", self.device, shown="CODE")
        for name, role, pin in (
            (MEDIATOR, "mediator", MEDIATOR_PIN),
            (STEWARD, "steward", STEWARD_PIN),
        ):
            self._run(
                *("parvis-kiosk", "people", "add", name, "--role", role, "--pin", pin),
                *("--data", self.device),
            )

    def play(self) -> None:
        """The evening with no server, the kiosk killed, the morning with one."""
        self._chapter("The server is down. People come to the kiosk")
        evening = self._player("evening", 1)
        self._listen(evening)
        self._chapter("The kiosk process is killed, and started again")
        evening.send_signal(signal.SIGKILL)
        evening.wait()
        waiting = self._outbox()["waiting"]
        self.recorded = waiting
        self._say(f"{waiting} contributions wait, sealed; of the fourth person nothing is left.")
        if waiting != 3:
            raise Sentence(
                f"There should be 3 contributions in the outbox, and there are {waiting}."
            )
        morning = self._player("morning", len(list(self.screens.glob("*.png"))) + 1)
        self._listen(morning, until="READY")
        self._chapter("The server comes up: one batch travels, is acknowledged, is released")
        with self.serving():
            assert morning.stdin is not None
            morning.stdin.write("\n")
            morning.stdin.flush()
            self._listen(morning)
            end(morning, "The kiosk")
            self._collect()

    def open_window(self) -> None:
        """Let somebody try the kiosk; what they said is collected when they close it."""
        from kiosk.demo.people import MEDIATOR, MEDIATOR_PIN, STEWARD, STEWARD_PIN

        self._chapter("The kiosk opens in a window; close it when you are done")
        self._say(
            f"Mediator: {MEDIATOR}, PIN {MEDIATOR_PIN}. Steward: {STEWARD}, PIN {STEWARD_PIN}."
        )
        with self.serving():
            subprocess.run(  # noqa: S603
                [_command("parvis-kiosk"), "run", "--data", self.device, "--size", "1280x800"],
                check=True,
            )
            self.recorded = sum(self._outbox().values())
            self._run("parvis-kiosk", "sync", "--data", self.device)
            self._collect()

    def count(self) -> None:
        """Say what was recorded, synced and opened; the last line is one JSON object."""
        released = self._outbox()["released"]
        opened = len(self.table.read_text(encoding="utf-8-sig").splitlines()) - 1
        pictures = len(list(self.screens.glob("*.png")))
        if pictures:
            self._chapter("The words that one resident wrote are in the table, and nowhere else")
            self._look_for_traces()
        self._say(f"Table     {self.table}")
        if pictures:
            self._say(f"Pictures  {self.screens} ({pictures})")
        self._say(f"Took      {monotonic() - self.started:.0f} s")
        result = {
            "recorded": self.recorded,
            "synced": released,
            "opened": opened,
            "lost": self.recorded - opened,
            "screens": pictures,
        }
        click.echo(json.dumps(result))
        sys.exit(0 if result["lost"] == 0 and released == self.recorded else 1)

    # --- parts of the story -----------------------------------------------------------------------

    def _collect(self) -> None:
        self._chapter("The organiser pulls, opens, checks, and writes a table")
        keys, store = self.desk / "keys", self.desk / "store.sqlite"
        self._run("parvis-desk", "pull", "--server", self.url, "--keys", keys, "--store", store)
        self._run("parvis-desk", "export", "--store", store, "--csv", self.table)
        if self.recorded:
            self._check()

    def _check(self) -> None:
        self._chapter("Anyone checks the public register, with one small program")
        package = (self.desk / f"{CONSULTATION}.parvis").read_bytes()
        address = f"{self.url}/register/{consultation.read(package).id}"
        key = _fetched(f"{address}/key").strip()
        self._run("parvis-verify", "log", address, "--key", key)
        for code in self.codes:
            self._say(f"The resident with receipt {code} looks at {self.url}/r?code={code}")
            if "Inscrite au registre" not in _fetched(f"{self.url}/r?code={code}&lang=fr"):
                raise Sentence(f"The contribution with receipt {code} is not in the register.")
            self._say("  and reads: received, entered in the register.")

    def _look_for_traces(self) -> None:
        from kiosk.demo.people import MARKED_WORDS

        if MARKED_WORDS not in self.table.read_text(encoding="utf-8-sig"):
            raise Sentence(f"“{MARKED_WORDS}” is not in {self.table}.")
        found = [*traces_of(MARKED_WORDS, self.device), *traces_of(MARKED_WORDS, self.server)]
        if found:
            raise Sentence("Words that should be sealed were found: " + "; ".join(found))
        self._say(f"“{MARKED_WORDS}”: in the table; in no file of the kiosk or the server.")

    @contextmanager
    def serving(self) -> Iterator[None]:
        """The embedded server, up within this block."""
        command: list[str | Path] = [
            *(_command("parvis-server"), "run", "--data", self.server),
            *("--host", "127.0.0.1", "--port", str(self.port)),
        ]
        log = (self.out / "server.log").open("a")
        process = subprocess.Popen(command, stdout=log, stderr=log, text=True)  # noqa: S603
        try:
            wait_for(lambda: _answers(self.port, process), "The server did not answer")
            yield
        finally:
            end(process, "The server")
            log.close()

    def _player(self, scene: str, first: int) -> "subprocess.Popen[str]":
        command = [
            *(sys.executable, "-m", "kiosk.demo.player", scene, "--data", str(self.device)),
            *("--pictures", str(self.screens), "--first", str(first)),
        ]
        log = (self.out / "kiosk.log").open("a")
        with log:
            return subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )

    def _listen(self, player: "subprocess.Popen[str]", until: str = "DONE") -> None:
        assert player.stdout is not None
        for line in player.stdout:
            line = line.rstrip("\n")
            if line == until:
                return
            if "gets a receipt: " in line:
                self.codes.append(line.rpartition(" ")[2])
            if line.startswith("FAILED"):
                raise Sentence(f"The story stopped: {line[7:]} See {self.screens}/failed.png.")
            self._say(line)
        raise Sentence(f"The kiosk ended before its story did; see {self.out}/kiosk.log.")

    def _outbox(self) -> dict[str, int]:
        told = self._run("parvis-kiosk", "outbox", "--data", self.device, "--json", quiet=True)
        counts: dict[str, int] = json.loads(told)
        return counts

    def _run(self, command: str, *words: str | Path, quiet: bool = False, shown: str = "") -> str:
        """One of Parvis's commands, as a person would run it."""
        if not quiet:
            line = " ".join(_short(str(word)) for word in words)
            code = words[1] if shown else ""
            click.secho(
                f"  $ {command} {line.replace(str(code), shown) if code else line}", dim=True
            )
        done = subprocess.run(  # noqa: S603
            [_command(command), *words], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Sentence(f"{command} {words[0]} failed: {done.stderr.strip()}")
        if not quiet:
            for line in done.stdout.strip().splitlines():
                self._say(f"  {line}")
        return done.stdout

    def _chapter(self, title: str) -> None:
        click.secho(f"\n{title}", bold=True)

    def _say(self, line: str) -> None:
        click.echo(f"  {line}")


def _command(name: str) -> Path:
    """Where one of Parvis's commands is: beside this Python, or else on the PATH."""
    beside = Path(sys.executable).with_name(name)
    elsewhere = None if beside.exists() else shutil.which(name)
    return Path(elsewhere) if elsewhere else beside


def _short(word: str) -> str:
    here = str(Path.cwd()) + "/"
    return word.replace(here, "")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def _answers(port: int, process: "subprocess.Popen[str]") -> bool:
    """Whether somebody listens at the port."""
    if process.poll() is not None:
        raise Sentence("The server did not start; see server.log beside its data.")
    try:
        socket.create_connection(("127.0.0.1", port), LIMIT).close()
    except OSError:
        return False
    return True


def _fetched(address: str) -> str:
    """What the server says there."""
    try:
        with urlopen(address, timeout=LIMIT) as answer:  # noqa: S310
            return str(answer.read().decode())
    except OSError as error:
        raise Sentence(f"The server did not answer at {address}: {error}") from error


if __name__ == "__main__":
    main()
