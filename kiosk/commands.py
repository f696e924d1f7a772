"""`parvis-kiosk`: enrol this device, serve people, sync, look what waits."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import isnan
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from forms.errors import FormError
from forms.moments import local_time
from kiosk.errors import DeviceError
from kiosk.greeting import renew_greeting
from sync.command_line import Refusing, Sentence, ask, courier_progress, said_yes
from sync.errors import SyncError
from sync.wording import counted

if TYPE_CHECKING:  # what speaks to the network is loaded by the commands that do
    from kiosk.errands import Tell
    from kiosk.frames import JSON
    from sync.client.report import SyncReport
    from sync.device import Device
    from sync.six_words import SixWords

_data = click.option(
    "--data",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The device's data directory; made if it is not there.",
)


class Commands(Refusing):
    """The group; what forms, sync and the device refuse ends as one sentence."""

    refusals = (SyncError, FormError, DeviceError)


@click.group(cls=Commands)
@click.version_option(package_name="parvis")
def main() -> None:
    r"""The Parvis kiosk: people answer at its screen, with no network needed.

    Every contribution is sealed to the organiser the moment it is confirmed; this device cannot
    open it again. What waits is sent when the server can be reached.

    \b
    Example:
      parvis-kiosk enrol CODE --data /var/lib/parvis-kiosk
      parvis-kiosk people add Samia --data /var/lib/parvis-kiosk
      parvis-kiosk run --data /var/lib/parvis-kiosk
    """


@main.command()
@click.argument("code")
@_data
@click.option("--name", default="kiosk", show_default=True, help="What the server shall call it.")
@click.option("--ca", type=click.Path(exists=True, dir_okay=False), help="A private CA's file.")
@click.option(
    "--replace",
    "anew",
    is_flag=True,
    help="The server was set up anew: send it all that is still here, acknowledged or not.",
)
def enrol(code: str, data: Path, name: str, ca: str | None, anew: bool) -> None:
    r"""Make this device one of a server's, by the CODE that the server shows.

    The code works once, for fifteen minutes. Both screens then show six words: compare them. Where
    they differ, say no: the device is refused. The consultations are fetched at once. A private CA
    is remembered for every later sync.

    \b
    Example:
      parvis-kiosk enrol 'https://parvis.example.org#…' --data /var/lib/parvis-kiosk
    """
    from sync.client.https import enrol as enrol_device
    from sync.client.https import sync_once
    from sync.enrolment import said_of_no_tls

    with _open(data) as device:
        asked = sys.stdin.isatty() and sys.stdout.isatty()
        same = _same_words if asked else _words_to_compare
        enrolment = enrol_device(device, code, name, ca_bundle=ca, replace=anew, same=same)
        click.echo(f"This device is now “{enrolment.name}” of {enrolment.url}.")
        if warning := said_of_no_tls(enrolment.url):
            click.echo(warning, err=True)
        _tell(sync_once(device))
        renew_greeting(device, data)
        if not device.consultations():
            click.echo("The server has published no consultation yet; sync again when it has.")


def _same_words(words: SixWords) -> bool:
    """Ask the steward whether the server shows the same words."""
    _show_words(words)
    return said_yes(
        "Does the server's screen show the same six words?",
        "Nobody said whether the words are the same: this device is not enrolled. "
        "Have a new code printed by: parvis-server enrol",
    )


def _words_to_compare(words: SixWords) -> bool:
    """Show the words where nobody can be asked."""
    _show_words(words)
    click.echo("Compare them with the server's: parvis-server devices. If they differ, revoke it.")
    return True


def _show_words(words: SixWords) -> None:
    click.echo(f"Six words:  {words.french}\n            {words.english}")


@main.command()
@_data
@click.option("--size", metavar="WxH", help="Open a window of this size, as 1280x800.")
@click.option(
    "--diagonal", type=click.FloatRange(3, 200), metavar="INCHES", help="The screen's diagonal."
)
@click.option("--place", default="", help="Where the device stands, noted in assisted entries.")
@click.option(
    "--idle",
    type=click.IntRange(10, 3600),
    metavar="SECONDS",
    help="Before it asks “Are you still there?”.",
)
@click.option(
    "--keys",
    default="keyboard",
    show_default=True,
    metavar="SET|FILE",
    help="What keys do: keyboard, numpad, switches, switch, or a TOML file (docs/keys.md).",
)
def run(
    data: Path,
    size: str | None,
    diagonal: float | None,
    place: str,
    idle: int | None,
    keys: str,
) -> None:
    r"""Serve people, full screen, until the window is closed or SIGTERM comes.

    Sizes on the screen are millimetres: name the diagonal if text comes out too small or too large.

    \b
    Example:
      parvis-kiosk run --data /var/lib/parvis-kiosk --diagonal 10.1
    """
    from kiosk.access.commands import key_map
    from kiosk.app import Display
    from kiosk.service import serve

    if diagonal is not None and isnan(diagonal):
        raise Sentence("The diagonal is a number of inches, as 10.1.")
    display = Display(size=_size(size), diagonal=diagonal)
    serve(data, display, place=place, patience=idle, keys=key_map(keys))


@main.command()
@_data
@click.option("--ca", type=click.Path(exists=True, dir_okay=False), help="A private CA's file.")
def sync(data: Path, ca: str | None) -> None:
    r"""Send what waits and fetch what is new, once; also while the kiosk runs.

    Exits with 0 only if nothing is left that could go.

    \b
    Example:
      parvis-kiosk sync --data /var/lib/parvis-kiosk
    """
    from kiosk.frames import Message
    from kiosk.hatch import work_at

    authority = str(Path(ca).absolute()) if ca else ""
    with work_at(data) as work:
        done = work.do("sync", Message({"ca": authority}), _progress())
    for sentence in done.texts("sentences"):
        click.echo(sentence)
    sys.exit(0 if done.yes("complete") else 1)


@main.command()
@click.argument("code")
@_data
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(code: str, data: Path, yes: bool) -> None:
    r"""Erase the contribution of a receipt's CODE from this device, for good.

    What has left the device already, its organiser erases: parvis-desk erase CODE.

    \b
    Example:
      parvis-kiosk erase 7QJ2-M4KX-9D3T --data /var/lib/parvis-kiosk
    """
    from kiosk.frames import Message
    from kiosk.hatch import work_at
    from sync.erasure import ids_of
    from sync.outbox import State

    ids = [one.hex() for one in ids_of(code)]
    ask("This cannot be undone. Erase it from this device?", yes=yes)
    with work_at(data) as work:
        states = [State(one) for one in work.do("erase", Message({"ids": ids})).texts("states")]
    if not states or states[0] is State.ERASED:
        raise Sentence(
            "No contribution of that code lies on this device. If it was sent, its organiser "
            "erases it: parvis-desk erase CODE"
        )
    if states[0] is State.WAITING:
        click.echo("It is erased. It had not left this device: nobody else has it.")
        click.echo("Take the receipt back, too: the register will never hold this contribution.")
    else:
        click.echo("It is erased here. It may have left this device before, or did:")
        click.echo("have the organiser erase it everywhere, with parvis-desk erase CODE.")


@main.group()
def courier() -> None:
    r"""Carry what waits on a USB stick, or in any folder, where no network goes.

    \b
    Example:
      parvis-kiosk courier out /media/stick --data /var/lib/parvis-kiosk
      parvis-server courier in /media/stick --data /var/lib/parvis            on the server
      parvis-server courier out /media/stick --data /var/lib/parvis
      parvis-kiosk courier in /media/stick --data /var/lib/parvis-kiosk
    """


_stick = click.argument("directory", type=click.Path(file_okay=False, path_type=Path))


@courier.command("out")
@_stick
@_data
def courier_out(directory: Path, data: Path) -> None:
    r"""Copy everything that waits onto the stick in DIRECTORY, sealed; nothing leaves the device.

    A stick that is pulled out in between does no harm: do the same again, and it goes on.

    \b
    Example:
      parvis-kiosk courier out /media/stick --data /var/lib/parvis-kiosk
    """
    from kiosk.frames import Message
    from kiosk.hatch import work_at

    with work_at(data) as work:
        given = Message({"directory": str(directory.absolute())})
        carried = work.do("courier_out", given, _carrying())
    for sentence in carried.texts("sentences"):
        click.echo(sentence)
    sys.exit(1 if carried.yes("damaged") else 0)


@courier.command("in")
@_stick
@_data
def courier_in(directory: Path, data: Path) -> None:
    r"""Take the server's word on what has arrived, and new consultations, off the stick.

    \b
    Example:
      parvis-kiosk courier in /media/stick --data /var/lib/parvis-kiosk
    """
    from kiosk.frames import Message
    from kiosk.hatch import work_at

    with work_at(data) as work:
        carried = work.do("courier_in", Message({"directory": str(directory.absolute())}))
    for sentence in carried.texts("sentences"):
        click.echo(sentence)
    left = carried.number("left") or 0
    click.echo(f"{counted(left, 'contribution')} still on this device, sealed and safe.")
    sys.exit(1 if carried.yes("troubles") else 0)


@main.command()
@_data
@click.option("--wifi-only/--any-network", default=None, help="Spare mobile networks, or not.")
@click.option("--hours", metavar="FROM-UNTIL", help="Of the day, such as 20-7; 0-24 for all.")
@click.option("--keep-days", type=click.IntRange(0, 3650), help="What was sent is kept so long,")
@click.option("--keep-mb", type=click.IntRange(0), help="and takes at most so many megabytes.")
def rules(
    data: Path,
    wifi_only: bool | None,
    hours: str | None,
    keep_days: int | None,
    keep_mb: int | None,
) -> None:
    r"""When sync may use the network by itself, and how long this device keeps what it has sent.

    What the server has acknowledged is kept, sealed, for some days, in case the server is set back
    to an older backup. A sync that a person asks for is bound by no hours.

    \b
    Example:
      parvis-kiosk rules --wifi-only --hours 20-7 --data /var/lib/parvis-kiosk
    """
    from kiosk.frames import Message
    from kiosk.hatch import work_at
    from sync.device import rules_of

    asked: dict[str, bool | int] = {}
    if wifi_only is not None:
        asked["spare_mobile"] = wifi_only
    if hours is not None:
        asked["from_hour"], asked["until_hour"] = _hours(hours)
    if keep_days is not None:
        asked["keep_days"] = keep_days
    if keep_mb is not None:
        asked["keep_megabytes"] = keep_mb
    now = rules_of(data)
    if asked:
        with work_at(data) as work:
            work.do("rules", Message(asked))
        now = rules_of(data)
    network = "Wi-Fi or cable only" if now.spare_mobile else "any network"
    click.echo(f"Sync goes by {network}, from {now.from_hour}:00 to {now.until_hour}:00.")
    click.echo(
        f"What the server has is kept {counted(now.keep_days, 'day')}, "
        f"at most {now.keep_megabytes} MB."
    )


@main.command()
@_data
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of words.")
def outbox(data: Path, as_json: bool) -> None:
    r"""How many contributions wait, were sent, released, or put aside; also while the kiosk runs.

    \b
    Example:
      parvis-kiosk outbox --data /var/lib/parvis-kiosk --json
    """
    from sync.device import outbox_counts

    counts = outbox_counts(data)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "waiting": counts.waiting,
                    "sent": counts.sent,
                    "released": counts.released,
                    "quarantined": counts.quarantined,
                }
            )
        )
        return
    click.echo(f"waiting      {counts.waiting:6}  sealed, not yet sent")
    click.echo(f"sent         {counts.sent:6}  in a batch, not yet acknowledged")
    click.echo(f"released     {counts.released:6}  acknowledged by the server, gone from here")
    click.echo(f"quarantined  {counts.quarantined:6}  put aside: somebody must look at them")


@main.command()
@_data
def retry(data: Path) -> None:
    r"""Let what was put aside wait to be sent once more, when its cause is gone.

    parvis-kiosk doctor names the causes.

    \b
    Example:
      parvis-kiosk retry --data /var/lib/parvis-kiosk
    """
    from kiosk.frames import Message
    from kiosk.hatch import work_at

    with work_at(data) as work:
        again = work.do("retry", Message({})).number("again") or 0
    click.echo(f"{counted(again, 'contribution')} put aside will be sent at the next sync.")


@main.command()
@click.argument("consultation_id")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_data
@click.option(
    "--rejected",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the rows that were not kept to this CSV, to correct and transcribe.",
)
@click.option("--as-new", is_flag=True, help="Rows at places already taken are other people's.")
@click.option("--sheet", default="", help="The column with sheets' numbers, if not “sheet”.")
@click.option("--codes", is_flag=True, help="Cells hold names of choices alone, no labels.")
@click.option(
    "--kept",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The note of what is kept; beside the table, FILE.kept, unless given.",
)
def transcribe(
    consultation_id: str,
    file: Path,
    data: Path,
    rejected: Path | None,
    as_new: bool,
    sheet: str,
    codes: bool,
    kept: Path | None,
) -> None:
    r"""Enter contributions given on paper, from a table FILE, one per row.

    FILE is CSV or XLSX with a header of question names, or JSON lines. Each row is checked by the
    form's own rules and sealed, once: run it again after it was stopped, or with rows added, and
    what is kept is passed over. FILE.kept beside it says what is; keep the two together. A column
    “sheet” (or “feuille”) may hold the number of each sheet, a column “language” its language.

    Bad rows are named with their line and cause. Exits with 1 if a row was not kept. docs/paper.md
    tells how questions, choices, days, numbers and files are written.

    \b
    Example:
      parvis-kiosk transcribe 7M2KQ4ZT9XN8B3HD sheets.csv --data /var/lib/parvis-kiosk
    """
    from kiosk.hatch import work_at
    from kiosk.offer import Offer
    from kiosk.paper.columns import Columns
    from kiosk.transcription import Table, check_rejected, read_table, write_rejected
    from kiosk.transcription import transcribe as transcribe_rows

    if rejected is not None:
        check_rejected(rejected, file)
    with work_at(data) as work, _until_stopped() as stop:
        sealer = work.sealer(consultation_id)
        offer = Offer(sealer.consultation, local_time)
        count = _count()

        def progress(done: int, of: int) -> None:
            count(done, of)
            stop()

        table = Table(file, kept, as_new=as_new, sheet=sheet, codes=codes)
        done = transcribe_rows(sealer, offer, read_table(file), progress, table)
        if done.left:
            count(1, 1)
    before = f", {done.before} kept before" if done.before else ""
    click.echo(f"{done.kept} kept and sealed{before}, {len(done.rejected)} not kept.")
    for one in done.rejected:
        click.echo(f"line {one.row.line}: {one.cause}", err=True)
    if done.taken:
        lines = ", ".join(str(row.line) for row in done.taken[:20])
        click.echo(
            f"The sheets of {counted(len(done.taken), 'row')} were kept from another table, or "
            f"before {file.name}.kept was lost: line {lines}{'…' if len(done.taken) > 20 else ''}. "
            "If they are other sheets of the same numbers, run it again with --as-new.",
            err=True,
        )
    if done.left and rejected is not None and rejected.exists() and rejected.samefile(file):
        pass  # the rows that are left stand nowhere else
    elif done.rejected and rejected is not None:
        write_rejected(rejected, done.rejected, Columns(offer.form, sheet))
        click.echo(f"The rows not kept are in {rejected}: correct them and transcribe that file.")
    elif done.rejected:
        click.echo("Correct these rows in the table, and transcribe it again.", err=True)
    if done.left:
        why = f"{done.trouble} " if done.trouble else ""
        raise Sentence(
            f"{why}Stopped: {counted(done.left, 'row')} of {file} are left. Run the same command "
            "again: it goes on there, and what is kept is not kept twice."
        )
    sys.exit(1 if done.rejected else 0)


@contextmanager
def _until_stopped() -> Iterator[Callable[[], None]]:
    """Ctrl-C and SIGTERM end the work between two rows; a second one ends the process at once.

    Yields:
        What raises `Stopped` once one of them came.
    """
    from kiosk.transcription import Stopped

    came: list[int] = []
    usual = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)
        for one, handler in usual.items():
            signal.signal(one, handler)

    def stop() -> None:
        if came:
            raise Stopped

    for one in usual:
        signal.signal(one, note)
    try:
        yield stop
    finally:
        for one, handler in usual.items():
            signal.signal(one, handler)


@main.command()
@_data
def doctor(data: Path) -> None:
    r"""Say in words how this device is: enrolment, consultations, outbox, disk, clock.

    \b
    Example:
      parvis-kiosk doctor --data /var/lib/parvis-kiosk
    """
    from kiosk.devices.doctor import examine

    findings = examine(data)
    for finding in findings:
        click.echo(f"{'✓' if finding.well else '✗'} {finding.sentence}")
    sys.exit(0 if all(finding.well for finding in findings) else 1)


@main.command()
@_data
@click.option("--at", "address", metavar="ADDRESS", help="Note the printer at this address.")
@click.option("--none", "absent", is_flag=True, help="Note that there is none.")
@click.option(
    "--dots",
    type=click.IntRange(200, 1000),
    default=576,
    show_default=True,
    help="Across the paper: 576 for 80 mm, 384 for 58 mm.",
)
@click.option("--native-qr", is_flag=True, help="Let the printer draw the QR itself.")
def printer(data: Path, address: str | None, absent: bool, dots: int, native_qr: bool) -> None:
    r"""Say whether the receipt printer is ready; or note which one is attached.

    An ADDRESS is usb:VENDOR:PRODUCT (as lsusb shows them), serial:/dev/ttyUSB0@9600,
    network:192.0.2.7, or file:/dev/usb/lp0. Exits with 1 if it is not ready.

    \b
    Example:
      parvis-kiosk printer --at usb:04b8:0202 --data /var/lib/parvis-kiosk
      parvis-kiosk printer --data /var/lib/parvis-kiosk
    """
    from kiosk.devices.configuration import PrinterSettings, read_configuration, write_printer
    from kiosk.devices.printer import Printer, check_device, open_connection

    if address and absent:
        raise click.UsageError("Give either --at ADDRESS or --none.")
    given = click.get_current_context().get_parameter_source("dots")
    if not address and (native_qr or given is ParameterSource.COMMANDLINE):
        raise click.UsageError("--dots and --native-qr are of a printer: give --at ADDRESS, too.")
    if address:
        settings = PrinterSettings(address, dots, native_qr)
        open_connection(settings)
        check_device(settings)
        data.mkdir(parents=True, exist_ok=True)
        write_printer(data, settings)
    elif not data.is_dir():
        raise Sentence(f"There is no data directory {data}.")
    elif absent:
        write_printer(data, None)
    noted = read_configuration(data).printer
    if noted is None:
        click.echo("No receipt printer is noted here: parvis-kiosk printer --at ADDRESS")
        return
    Printer(noted).look()
    click.echo(f"The receipt printer at {noted.address} is ready.")


@main.group()
def people() -> None:
    r"""Mediators and stewards of this device, and their PINs.

    \b
    Example:
      parvis-kiosk people add Samia --data /var/lib/parvis-kiosk
    """


_role = click.option(
    "--role",
    type=click.Choice(["mediator", "steward"]),
    default="mediator",
    show_default=True,
    help="What the person may do here.",
)


@people.command("add")
@click.argument("name")
@_role
@_data
@click.password_option("--pin", help="4 to 12 digits; asked for where it is not given.")
def people_add(name: str, role: str, data: Path, pin: str) -> None:
    r"""Let somebody sign in, or give them a new PIN.

    \b
    Example:
      parvis-kiosk people add Samia --data /var/lib/parvis-kiosk
    """
    from kiosk.frames import Message
    from kiosk.hatch import work_at

    with work_at(data) as work:
        account = work.do("people_add", Message({"name": name, "role": role, "pin": pin}))
    click.echo(f"{account.text('name')} can sign in as {account.text('role')}.")


@people.command("remove")
@click.argument("name")
@_data
def people_remove(name: str, data: Path) -> None:
    r"""Take somebody's account away.

    \b
    Example:
      parvis-kiosk people remove Samia --data /var/lib/parvis-kiosk
    """
    from kiosk.frames import Message
    from kiosk.hatch import work_at

    with work_at(data) as work:
        work.do("people_remove", Message({"name": name}))
    click.echo(f"{name} can no longer sign in.")


@people.command("list")
@_data
def people_list(data: Path) -> None:
    r"""Who can sign in.

    \b
    Example:
      parvis-kiosk people list --data /var/lib/parvis-kiosk
    """
    from kiosk.errands import people_list as list_people
    from kiosk.frames import Message
    from kiosk.hatch import work_at
    from sync.device import Device
    from sync.errors import DeviceBusy

    try:
        with Device.looked_at(data) as device:  # looking makes and changes nothing
            answer = list_people(device, Message({}), lambda said: None)
    except DeviceBusy:
        with work_at(data) as work:
            answer = work.do("people_list", Message({}))
    people = answer.texts("people")
    for person in people:
        click.echo(person)
    if not people:
        click.echo("Nobody yet: parvis-kiosk people add NAME --data …")


def _open(data: Path) -> Device:
    """The device there; `run` does without what this loads until the window is open."""
    from sync.device import Device

    return Device.open(data)


def _tell(report: SyncReport) -> None:
    for sentence in report.sentences():
        click.echo(sentence)


def _progress() -> Tell:
    """Progress on one line of a terminal; nothing where there is none."""
    if not sys.stderr.isatty():
        return lambda said: None

    def show(said: Mapping[str, JSON]) -> None:
        share = said.get("part")
        part = f", {share:.0%}" if isinstance(share, float) else ""
        line = f"\r\033[K{said.get('doing')}{part} ({said.get('left')} left)"
        click.echo(line if said.get("left") else "\r\033[K", nl=False, err=True)

    return show


def _carrying() -> Tell:
    """How far a copy to a stick is."""
    from sync.courier import CourierProgress

    show = courier_progress()

    def told(said: Mapping[str, JSON]) -> None:
        names = ("files", "of_files", "bytes", "of_bytes")
        numbers = [value for name in names if isinstance(value := said.get(name), int)]
        if len(numbers) == len(names):
            show(CourierProgress(*numbers))

    return told


def _count() -> Callable[[int, int], None]:
    if not sys.stderr.isatty():
        return lambda done, of: None
    return lambda done, of: click.echo(
        f"\r\033[K{done} of {of}" if done < of else "\r\033[K", nl=False, err=True
    )


def _hours(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    if not (first.isdigit() and last.isdigit()):
        raise Sentence(f"“{text}” are no hours of the day; write them as 20-7.")
    return int(first), int(last)


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) >= 480 and int(height) >= 320):
        raise Sentence(f"“{text}” is no size of a window; write it as 1280x800.")
    return int(width), int(height)
