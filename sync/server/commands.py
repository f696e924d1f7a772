"""`parvis-server`: run it, publish on it, enrol devices with it, ask how it is."""

from __future__ import annotations

import contextlib
import io
import ipaddress
import logging
import socket
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click
import qrcode

from sync.command_line import Refusing, Sentence, ask, courier_progress, in_words, said_yes
from sync.enrolment import (
    LIFETIME_SECONDS,
    EnrolmentCode,
    said_of_no_tls,
    token_hash,
    token_key,
)
from sync.erasure import REASONS, ids_of
from sync.errors import SyncError
from sync.receipt import receipt_code
from sync.server.backup import MANIFEST
from sync.server.database import Unreachable, UnusableStore
from sync.server.doctor import Finding, Health, damaged, examine, unprepared, unreachable
from sync.server.erasures import NotLost
from sync.server.files import DataDirectory
from sync.server.limits import Allowance, Limits
from sync.server.logs import logging_to_the_journal, start_logging
from sync.server.looking import Looked, NoTables, OlderTables, looking
from sync.server.migrations import NewerStore
from sync.server.places import Places
from sync.server.prefix import is_prefix
from sync.server.processes import Processes, Serve
from sync.server.service import Service
from sync.server.serving import RunningServer, listen, url_of
from sync.server.stored import EnrolledDevice
from sync.six_words import SixWords
from sync.wording import counted

_LOOK_SECONDS = 0.5

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _named(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    context.meta[f"parvis.{parameter.name}"] = value


def _data(command: _Command) -> _Command:
    """Options of all commands: where the server's data are."""
    data = click.option(
        "--data",
        required=True,
        type=click.Path(file_okay=False, path_type=Path),
        help="The server's data directory; made if it is not there.",
    )
    database = click.option(
        "--database",
        envvar="PARVIS_DATABASE",
        metavar="postgresql://…",
        expose_value=False,
        callback=_named,
        help="A PostgreSQL database in place of the SQLite file; the data directory remembers it.",
    )
    blobs = click.option(
        "--blobs",
        envvar="PARVIS_BLOBS",
        metavar="s3://bucket/prefix",
        expose_value=False,
        callback=_named,
        help="A bucket, or a folder, for batches, attachments and registers; remembered, too.",
    )
    return data(database(blobs(command)))


@click.group(cls=Refusing)
@click.version_option(package_name="parvis")
@click.pass_context
def main(context: click.Context) -> None:
    r"""Parvis's server: keeps sealed contributions until their organiser fetches them.

    It holds no key that opens anything. All commands work while the server runs.

    \b
    Example:
      parvis-server publish budget.parvis --data /var/lib/parvis
      parvis-server run --data /var/lib/parvis
      parvis-server enrol --data /var/lib/parvis --url https://parvis.example.org
    """
    if context.invoked_subcommand != "run":
        context.with_resource(logging_to_the_journal())


@main.command()
@_data
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8765, show_default=True, help="The port; 0 for any free one.")
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many serve at once; more than one only on PostgreSQL (--database).",
)
@click.option(
    "--proxy",
    "proxies",
    multiple=True,
    default=("127.0.0.1", "::1"),
    show_default=True,
    metavar="ADDRESS",
    help="A reverse proxy whose X-Forwarded-For is believed; repeatable.",
)
@click.option(
    "--prefix",
    default="",
    metavar="/PATH",
    help="The path of the server's address, where it has one: /parvis of https://town.example/parvis.",
)
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=1200,
    show_default=True,
    help="Requests a minute from one address; devices prove who they are, and have their own.",
)
@click.option(
    "--metrics-token",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Who shows the word in this file may read /metrics from elsewhere.",
)
@click.option(
    "--log",
    "level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="What is logged to stderr, as JSON lines; debug adds each request.",
)
def run(
    data: Path,
    host: str,
    port: int,
    processes: int,
    proxies: tuple[str, ...],
    prefix: str,
    limit: int,
    metrics_token: Path | None,
    level: str,
) -> None:
    r"""Serve until stopped by Ctrl-C or SIGTERM.

    Put a reverse proxy with TLS in front (it must hand on the Host header) before anybody but this
    machine may reach it. /healthz says whether it answers, /readyz whether it can do its work, and
    /metrics is for Prometheus, on this machine or with --metrics-token.

    \b
    Example:
      parvis-server run --data /var/lib/parvis --host 127.0.0.1 --port 8765
    """
    start_logging(getattr(logging, level.upper()))
    for proxy in proxies:
        if not _is_address(proxy):
            raise click.UsageError(
                f"--proxy is an address such as 192.0.2.7, or a network such as 10.0.0.0/8, and "
                f"“{proxy}” is none."
            )
    prefix = prefix.rstrip("/")
    if prefix and not is_prefix(prefix):
        raise click.UsageError(f"--prefix is a path such as /parvis, and “{prefix}” is none.")
    token = ""
    if metrics_token is not None:
        with in_words(f"{metrics_token} cannot be read"):
            token = metrics_token.read_text().strip()
        if not token:
            raise Sentence(f"{metrics_token} is empty: write a long word into it.")
    stranger = Allowance(at_once=limit / 2, a_second=limit / 60)

    def serve(listening: socket.socket, ready: Callable[[], None]) -> None:
        with _service(data) as service:
            RunningServer(
                service,
                listening=listening,
                limits=Limits(stranger=stranger),
                metrics_token=token,
                prefix=prefix,
                proxies=proxies,
            ).run(ready)

    if processes > 1 and _places(data).database is None:
        raise Sentence(
            "Several processes need PostgreSQL: name it with --database. "
            "SQLite has one writer, and is served by one process."
        )
    with listen(host, port) as listening:
        url = url_of(listening)

        def ready() -> None:
            click.echo(
                f"Parvis serves on {url} — enrol a device with: "
                f"parvis-server enrol --data {data} --url {url}"
            )
            sys.stdout.flush()

        if processes == 1:
            serve(listening, ready)
            return
        code = Processes(processes, listening, _in_a_sentence(serve)).run(ready)
    if code:
        raise SystemExit(code)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return text == "*"
    return True


def _in_a_sentence(serve: Serve) -> Serve:
    """Serve in a process of its own, which ends with a sentence where something is refused."""

    def serving(listening: socket.socket, ready: Callable[[], None]) -> None:
        try:
            serve(listening, ready)
        except (SyncError, click.ClickException) as error:
            click.echo(str(error), err=True)
            raise SystemExit(1) from None

    return serving


@main.command()
@click.argument("package", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_data
def publish(package: Path, data: Path) -> None:
    r"""Publish a consultation package that its organiser signed.

    The last line is the consultation's id.

    \b
    Example:
      parvis-server publish budget.parvis --data /var/lib/parvis
    """
    with _service(data) as service, in_words(f"{package} cannot be read"):
        published = service.publish(package.read_bytes())
    title = published.title_in("fr")
    click.echo(f"“{title}”, version {published.version}, is published. Devices fetch it by sync.")
    click.echo(published.id)


@main.command()
@_data
@click.option("--url", required=True, help="The address by which the device reaches this server.")
@click.option(
    "--wait/--no-wait",
    default=None,
    help="Wait for the device and compare six words. Default: where there is a terminal.",
)
def enrol(data: Path, url: str, wait: bool | None) -> None:
    r"""Print a one-time code that enrols one device, as QR and, on the last line, as text.

    Once a device has used it, both screens show six words: compare them. Where they differ, say no:
    the device is revoked.

    \b
    Example:
      parvis-server enrol --data /var/lib/parvis --url https://parvis.example.org
    """
    with _service(data) as service:
        code = service.offer_enrolment(url)
        if warning := said_of_no_tls(code.url):
            click.echo(warning, err=True)
        _show_picture(str(code))
        until = datetime.fromtimestamp(time.time() + LIFETIME_SECONDS).astimezone()
        click.echo(f"This code enrols one device, once, until {until:%H:%M}. On the device:")
        click.echo("  parvis-kiosk enrol CODE --data DIR")
        click.echo(str(code))
        if wait or (wait is None and sys.stdin.isatty() and sys.stdout.isatty()):
            sys.stdout.flush()
            _ask_once_enrolled(service, code)


def _ask_once_enrolled(service: Service, code: EnrolmentCode) -> None:
    """Wait until a device has used the code, and have its six words compared."""
    token = token_hash(token_key(code.token).public_key())
    click.echo("Waiting for the device. Ctrl-C ends the waiting, not the code.", err=True)
    until = time.monotonic() + LIFETIME_SECONDS
    while (key_id := service.store.enrolment(token)) is None:
        if time.monotonic() > until:
            raise Sentence("No device has used the code in time. Make a new one.")
        time.sleep(_LOOK_SECONDS)
    device = service.store.devices(key_id)[0]
    click.echo(f"“{device.name}” ({device.key_id}) has used the code.")
    _have_compared(service, device)


def _have_compared(service: Service, device: EnrolledDevice) -> None:
    words = service.words(device)
    if words is None:
        raise Sentence("This device was enrolled without words. Enrol it anew to compare them.")
    _show_words(words)
    same = said_yes(
        "Does the device's screen show the same six words?",
        "Nobody said whether the words are the same: the device stays as it is. "
        f"To compare them later: parvis-server compare {device.key_id}",
    )
    service.compare(device, same)
    click.echo(f"“{device.name}” is the one that you look at.")


def _show_words(words: SixWords) -> None:
    click.echo(f"Six words:  {words.french}\n            {words.english}")


@main.command()
@click.argument("key_id")
@click.argument("words", nargs=-1)
@_data
def compare(key_id: str, words: tuple[str, ...], data: Path) -> None:
    r"""Compare a device's six words, by looking at its screen or as somebody reads them out.

    Words that differ revoke the device: somebody else used the code.

    \b
    Example:
      parvis-server compare 1f0a44c2be93d7e8 --data /var/lib/parvis
      parvis-server compare 1f0a44c2be93d7e8 arbre lune pain vélo table école --data /var/lib/parvis
    """
    DataDirectory.require(data)
    typed = SixWords.typed(" ".join(words)) if words else None
    with _service(data) as service:
        device = service.store.device(key_id)
        if typed is None:
            _have_compared(service, device)
            return
        service.compare(device, typed == service.words(device))
    click.echo(f"The words are the same: “{device.name}” is the one that reads them out.")


@main.command()
@_data
def devices(data: Path) -> None:
    r"""List the devices that are, or were, enrolled.

    \b
    Example:
      parvis-server devices --data /var/lib/parvis
    """
    DataDirectory.require(data)
    with _looking(data) as service:
        for device in service.store.devices():
            since = datetime.fromtimestamp(device.enrolled_at).astimezone()
            state = "may send" if device.revoked_at is None else "revoked"
            click.echo(f"{device.key_id}  {state}  since {since:%Y-%m-%d}  {device.name}")
            last = service.store.last_enrolment(device.key_id)
            words = service.words(device)
            if device.revoked_at is None and last and not last.compared and words:
                click.echo(f"    not compared yet: {words.french} / {words.english}")


@main.command()
@click.argument("key_id")
@_data
def revoke(key_id: str, data: Path) -> None:
    r"""Accept nothing more from a device, at once. What it has sent stays good.

    \b
    Example:
      parvis-server revoke 1f0a44c2be93d7e8 --data /var/lib/parvis
    """
    DataDirectory.require(data)
    with _service(data) as service:
        device = service.revoke(key_id)
    click.echo(f"“{device.name}” ({device.key_id}) may send no more.")


@main.command()
@_data
def doctor(data: Path) -> None:
    r"""Say in words how the server's data are; exit 1 if something is bad.

    \b
    Example:
      parvis-server doctor --data /var/lib/parvis
    """
    DataDirectory.require(data)
    bad = False
    for finding in _findings(data):
        bad = bad or finding.health is Health.BAD
        click.echo(f"[{finding.health.value}] {finding.sentence}")
    if bad:
        raise SystemExit(1)


@main.command()
@_data
def tables(data: Path) -> None:
    r"""Make the tables, or bring those of an older parvis-server to this one's; then nothing more.

    Whatever else writes does so by itself. This is for who wants the tables before the first batch,
    to distribute them, say.

    \b
    Example:
      parvis-server tables --data /var/lib/parvis --database postgresql:///parvis
    """
    with _service(data):
        click.echo("The tables are there, and are this parvis-server's.")


@main.command("give-up")
@click.argument("name")
@_data
@click.option("--yes", is_flag=True, help="Do not ask.")
def give_up(name: str, data: Path, yes: bool) -> None:
    r"""Give up a batch that is lost for good (NAME, as parvis-server doctor names it).

    For where no backup and no device has it any more. What is left of it is taken off the disk, and
    orders to erase that waited for it are closed. The register keeps what was in it, and the desk
    says what it misses.

    \b
    Example:
      parvis-server doctor --data /var/lib/parvis
      parvis-server give-up 3f9a…c1 --data /var/lib/parvis
    """
    DataDirectory.require(data)
    with _service(data) as service:
        if name not in set(service.damaged_batches()):
            raise NotLost()
        click.echo("Ask the desk first: what it has pulled of this batch is not lost.")
        ask("This cannot be undone. Give the batch up?", yes=yes)
        closed = service.erasures.give_up(name, time.time())
        service.publish_registers()
    click.echo(f"It is given up; {counted(closed, 'order')} to erase closed.")


@main.command()
@click.argument("code")
@_data
@click.option(
    "--reason",
    type=click.Choice(sorted(REASONS)),
    default="asked",
    show_default=True,
    help="It stands in the register: asked for, demanded by law, or kept long enough.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(code: str, data: Path, reason: str, yes: bool) -> None:
    r"""Erase the contribution of a receipt's CODE from this server, for good.

    Organisers do this from their desk (parvis-desk erase), where they hold what was said; this is
    for an operator who must act without them. Their desk names it at the next pull.

    \b
    Example:
      parvis-server erase 7QJ2-M4KX-9D3T --data /var/lib/parvis --reason unlawful
    """
    DataDirectory.require(data)
    with _service(data) as service:
        consultation, id_ = service.erasures.find(ids_of(code))
        click.echo(f"Contribution {receipt_code(id_)} to the consultation {consultation}.")
        ask("This cannot be undone. Erase it from this server?", yes=yes)
        done = service.erasures.order(consultation, id_, REASONS[reason], time.time())
        service.publish_registers()
    click.echo(f"It is erased, out of {counted(done.batches, 'batch')}; the register says so.")
    click.echo("Backups made before still hold it. Devices erase it when they next sync.")
    click.echo(f"Tell its organiser: parvis-desk erase {receipt_code(id_)}")


@main.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@_data
def backup(directory: Path, data: Path) -> None:
    r"""Save everything into DIRECTORY, while the server runs; again into the same, what is new.

    It holds the server's key, and no key that opens anything. Keep it as safe as the server.

    \b
    Example:
      parvis-server backup /mnt/backup/parvis --data /var/lib/parvis
    """
    from sync.server.backup import back_up

    DataDirectory.require(data)
    with _service(data) as service:
        saved = back_up(service, directory, time.time())
    for sentence in saved.troubles:
        click.echo(sentence)
    click.echo(
        f"{counted(saved.batches, 'batch')} and {counted(saved.attachments, 'attached file')} are "
        f"in the backup, {saved.copied} of them new, and the database, the registers and the key."
    )
    if saved.troubles:
        raise SystemExit(1)


@main.command()
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@_data
@click.option(
    "--register",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="A newer copy of the public registers (/register/ of the server), where there is one.",
)
@click.option(
    "--new-key",
    is_flag=True,
    help="Be another server: for when no newer copy of the registers is left.",
)
def restore(directory: Path, data: Path, register: Path | None, new_key: bool) -> None:
    r"""Make a new data directory of the backup in DIRECTORY, every file checked.

    With --database or --blobs, what it holds goes there: so data move to PostgreSQL and to a
    bucket, too. Devices that still keep what the backup lacks send it again.

    A register that went back with the backup is refused by devices, as it should be. Where a newer
    copy of its public files is left anywhere, give it with --register. Where none is, --new-key
    begins another register under another key: enrol each device anew (parvis-kiosk enrol
    --replace), and say publicly why there is a second one.

    \b
    Example:
      parvis-server restore /mnt/backup/parvis --data /var/lib/parvis
      parvis-server restore /mnt/backup/parvis --data /srv/parvis --database postgresql:///parvis
    """
    from sync.server.backup import restore as bring_back

    if register is not None and new_key:
        raise click.UsageError(
            "Give either --register, to go on with the register, or --new-key, to begin another."
        )
    restored = bring_back(
        directory, data, time.time, _places(data), register=register, new_key=new_key
    )
    click.echo(
        f"{counted(restored.records, 'contribution')} in {counted(restored.batches, 'batch')} are "
        f"in {data}. Start the server: parvis-server run --data {data}"
    )
    if restored.missing:
        click.echo(
            f"{counted(restored.missing, 'contribution')} of the public register are not in this "
            "backup: let every device sync; parvis-server doctor says what is still missing."
        )
    if new_key:
        click.echo(
            "It has another key. For each device: parvis-server enrol, then parvis-kiosk enrol "
            "CODE --replace. Tell the public why there is a second register."
        )


@main.group()
def courier() -> None:
    r"""Carry batches on a USB stick, or in any folder, where no network goes.

    \b
    Example:
      parvis-kiosk courier out /media/stick --data /var/lib/parvis-kiosk      on the device
      parvis-server courier in /media/stick --data /var/lib/parvis            on the server
      parvis-server courier out /media/stick --data /var/lib/parvis
      parvis-kiosk courier in /media/stick --data /var/lib/parvis-kiosk       on the device
    """


_stick = click.argument("directory", type=click.Path(file_okay=False, path_type=Path))


@courier.command("in")
@_stick
@_data
def courier_in(directory: Path, data: Path) -> None:
    r"""Store what devices have put on the stick in DIRECTORY; the stick is not changed.

    Exits with 1 if something on it could not be taken: it is named, and the rest is stored.

    \b
    Example:
      parvis-server courier in /media/stick --data /var/lib/parvis
    """
    from sync.server.courier import take_in

    DataDirectory.require(data)
    with _service(data) as service:
        taken = take_in(service, directory, courier_progress())
    for sentence in taken.sentences():
        click.echo(sentence)
    click.echo("Now lay the server's word on the stick: parvis-server courier out DIRECTORY")
    if taken.troubles or taken.awaited:
        raise SystemExit(1)


@courier.command("out")
@_stick
@_data
def courier_out(directory: Path, data: Path) -> None:
    r"""Lay the server's word on what has arrived, and what it publishes, on the stick in DIRECTORY.

    \b
    Example:
      parvis-server courier out /media/stick --data /var/lib/parvis
    """
    from sync.server.courier import put_out

    DataDirectory.require(data)
    with _service(data) as service:
        words = put_out(service, directory, courier_progress())
    click.echo(f"The server's word on {counted(words, 'batch')} is on the stick.")
    click.echo("On each device: parvis-kiosk courier in DIRECTORY")


def _findings(data: Path) -> Iterator[Finding]:
    try:
        with _looking(data) as looked:
            yield from examine(looked)
    except Unreachable as error:
        yield unreachable(str(error))
    except (NewerStore, NoTables, OlderTables) as error:
        yield unprepared(str(error))
    except UnusableStore as error:
        yield damaged(str(error.__cause__ or error))


def _show_picture(code: str) -> None:
    """The code as a QR, where the terminal has the blocks to draw it with."""
    picture = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_L, border=2)
    picture.add_data(code)
    drawn = io.StringIO()
    picture.print_ascii(drawn, invert=True)
    try:
        drawn.getvalue().encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return
    click.echo(drawn.getvalue(), nl=False)


def _places(data: Path) -> Places:
    """Where the data are, as this command line or the data directory says."""
    named = click.get_current_context().meta
    return Places.of(data, named.get("parvis.database"), named.get("parvis.blobs"))


@contextlib.contextmanager
def _looking(data: Path) -> Iterator[Looked]:
    """A data directory as it is: nothing in it is made or changed."""
    said = in_words(f"The data directory {data} cannot be looked at")
    with said, looking(data, _places(data)) as looked:
        yield looked


@contextlib.contextmanager
def _service(data: Path) -> Iterator[Service]:
    """The service of a data directory, let go of at the end."""
    if (data / MANIFEST).exists():
        raise Sentence(
            f"{data} is a backup: if anything changes in it, it cannot be restored any more. Make "
            f"a data directory of it first: parvis-server restore {data} --data NEW"
        )
    with in_words(f"The data directory {data} cannot be used"):
        places = _places(data)
        service = Service(data, time.time, places)
        places.remember(data)
        try:
            yield service
        finally:
            service.close()
