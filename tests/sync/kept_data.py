"""Everything that one version of Parvis leaves on disks: `python -m tests.sync.kept_data FILE`.

`tests/sync/kept/*.tar.xz` were made by it, each with the code of its time: `format-1` by the last
one that knew version 1 of the format alone. `tests/sync/test_kept_data.py` goes on with them.

    keys/        the organiser's; sealed/ the same under a passphrase; cards/ two of three keepers'
    server/      what was sent, pulled and erased; backup/ a backup of it
    mairie/      a device: sent and kept, sent and not answered, waiting; assisted; with files
    dehors/      a device that no network reaches; stick/ what a courier carries for it
    desk.sqlite  what was pulled before the last were sent; one set aside, one erased
    v2.parvis    the next version of the consultation's package
"""

from __future__ import annotations

import shutil
import sys
import tarfile
import tempfile
from datetime import date
from pathlib import Path

import click
from click.testing import CliRunner

from sync.attachment import Attachment
from sync.client.courier import carry_out
from sync.contribution import Agreement, Assistance, Contribution, Given, Help, Mode
from sync.desk.card_paper import Sheet, write_sheets
from sync.desk.cards import split
from sync.desk.commands import main as desk_command
from sync.desk.erasing import Meant, erase
from sync.device import Device
from sync.register.entry import Reason
from sync.server.commands import main as server_command
from tests.sync.town import Town

PASSPHRASE = "une place à l’ombre des tilleuls"
PHOTO = Attachment("arbre.jpg", b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20, "image/jpeg")


def say(town: Town, device: Device, idea: str, mode: Mode = Mode.SELF, origin: str = "") -> None:
    """Somebody says something, in one of the ways there are."""
    held = device.consultation(town.consultation.id)
    files = (PHOTO,) if idea == "une photo" else ()
    fields = (("/data/idea", PHOTO.name if files else idea),)
    assistance = None
    if mode is Mode.ASSISTED:
        agreement = Agreement("2026-11-21", "Centre social", "M-07", "2", Given.SPOKEN)
        assistance = Assistance(agreement, frozenset({Help.READING}), True, ("/data/idea",))
    said = Contribution("place", "1", held.form_hash, mode, "fr", fields, assistance)
    device.confirm(held.id, said, files, origin)


def run(command: click.Command, *words: str | Path) -> None:
    """A command that has to succeed."""
    done = CliRunner().invoke(command, [str(word) for word in words])
    assert done.exit_code == 0, done.output


def make(root: Path) -> None:
    """All of it, in an empty folder."""
    town = Town(root)
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        say(town, device, "un banc")
        say(town, device, "une photo")
        say(town, device, "avec de l’aide", Mode.ASSISTED)
        say(town, device, "sur papier", Mode.PAPER, "feuille 1")
        town.registered(device)
        town.pull(url, desk)
        held = {
            dict(one.fields)["/data/idea"]: one for one in desk.contributions(town.consultation.id)
        }
        gone = held["sur papier"]
        meant = Meant(gone.consultation, bytes.fromhex(gone.id), gone.commitment, None)
        erase(desk, meant, Reason.ASKED, town.keys.organiser, date(2026, 11, 30))
        town.pull(url, desk)
        desk.aside.put(town.consultation.id, [held["un banc"].id], "deux fois", date(2026, 11, 30))
        say(town, device, "une fontaine")
        town.registered(device)  # after the desk's last pull
        with town.device("dehors", url=url):
            pass
    with Device.open(root / "mairie") as device:
        say(town, device, "sans réponse")
        assert device.outbox.next_batch() is not None  # signed, and the server never heard of it
        say(town, device, "encore une")
        say(town, device, "une photo")
        say(town, device, "d’une feuille", Mode.PAPER, "feuille 2")
    with Device.open(root / "dehors") as device:
        say(town, device, "un abri")
        (root / "stick").mkdir()
        carry_out(device, root / "stick")
    (root / "v2.parvis").write_bytes(town.publication(version=2).data)
    (root / "v1.parvis").write_bytes(town.consultation.data)
    run(server_command, "backup", root / "backup", "--data", town.server_data)
    shutil.copytree(root / "keys", root / "sealed")
    (root / "passphrase").write_text(PASSPHRASE + "\n", encoding="utf-8")
    by = ("--passphrase-file", root / "passphrase")
    run(desk_command, "keys", "protect", "--keys", root / "sealed", *by)
    recipient = town.keys.recipient
    (root / "cards").mkdir()
    sheets = [Sheet(card, 3, recipient.public) for card in split(recipient, 3, 2)[:2]]
    write_sheets(root / "cards", sheets)


def unpack(name: str, root: Path) -> Path:
    """What a version left, as it was: a folder of `root`."""
    with tarfile.open(Path(__file__).with_name("kept") / f"{name}.tar.xz") as archive:
        archive.extractall(root / name, filter="data")
    return root / name


def main() -> None:
    """Make it, and pack it."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        for path in Path(folder).rglob("*"):
            assert not path.is_socket(), path
        with tarfile.open(sys.argv[1], "w:xz") as archive:
            for path in sorted(Path(folder).iterdir()):
                archive.add(path, path.name)


if __name__ == "__main__":
    main()
