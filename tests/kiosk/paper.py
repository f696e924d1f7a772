"""A device and tables of paper for tests: no screen, no Kivy."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from forms.xform import read_form
from kiosk.offer import Offer
from kiosk.transcription import Table, Transcribed, read_table, transcribe
from sync import batch
from sync import consultation as packages
from sync.compression import Dictionary
from sync.consultation import Consultation, Notice
from sync.contribution import Contribution
from sync.device import Device
from sync.envelope import Opener
from sync.key_directory import KeyDirectory
from sync.keys import Suite
from tests.forms.writing import compiled

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOTICE = Notice("La ville", "Quoi ?", "Pour décider.", "Tout est lu.", "Un an.")

SHORT = """
| survey | type | name | label::Français (fr) | label::English (en) | required | constraint |
| | text | idee | Votre idée ? | Your idea? | | |
| | integer | age | Votre âge ? | Your age? | yes | . >= 16 and . < 130 |
| settings | form_title | form_id | version | default_language |
| | Courte | courte | 1 | Français (fr) |
"""


@cache
def keys() -> KeyDirectory:
    """The organiser's, made once."""
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="parvis-tests-"))
    return KeyDirectory.create(folder / "keys", label="Ville", suite=Suite.X25519)


@cache
def consultation(survey: str = SHORT) -> Consultation:
    """A consultation about a form written in a test, which speaks as the form does."""
    form = compiled(survey)
    read = read_form(form)
    tags = [name.partition("(")[2].rstrip(")") for name in read.languages] or ["fr"]
    draft = Consultation(
        organiser="Ville",
        organiser_key=keys().organiser.public_key().public_bytes_raw(),
        version=1,
        title=dict.fromkeys(tags, "La place"),
        notice=dict.fromkeys(tags, NOTICE),
        form_id=read.form_id,
        form_version=read.version,
        form=form,
        recipients=(keys().recipient.public,),
    )
    return packages.publish(draft, keys().organiser)


def offer(survey: str = SHORT) -> Offer:
    """The same, as it is offered; for the form it is always noon."""
    return Offer(consultation(survey), lambda: NOON)


class Desk:
    """A device, and somebody with tables beside it."""

    def __init__(self, folder: Path, survey: str = SHORT) -> None:
        self.folder = folder
        self.survey = survey
        self.data = folder / "device"
        with Device.open(self.data) as device:
            device.hold(consultation(survey).data)

    def table(self, content: str | bytes, name: str = "sheets.csv") -> Path:
        """A table, written anew."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def enter(self, table: Path, **more: object) -> Transcribed:
        """Transcribe a table."""
        with Device.open(self.data) as device:
            return transcribe(
                device, offer(self.survey), read_table(table), table=Table(table, **more)
            )

    def said(self) -> list[Contribution]:
        """Everything that is sealed here, in order, as the organiser reads it."""
        with Device.open(self.data) as device:
            return opened(device, self.survey)

    def fields(self) -> list[dict[str, str]]:
        """The answers of each, by path without the form's root."""
        return [
            {path.strip("/").partition("/")[2]: value for path, value in one.fields}
            for one in self.said()
        ]

    def command(self, *words: object) -> subprocess.CompletedProcess[str]:
        """`parvis-kiosk`, as a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "kiosk", *map(str, words), "--data", str(self.data)],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )

    def transcribe(self, table: Path, *words: object) -> subprocess.CompletedProcess[str]:
        """`parvis-kiosk transcribe` of a table."""
        return self.command("transcribe", consultation(self.survey).id, table, *words)


def opened(device: Device, survey: str = SHORT) -> list[Contribution]:
    """What waits on a device, opened with the organiser's keys."""
    said = []
    opener = Opener([keys().recipient], [Dictionary(consultation(survey).dictionary)])
    for outgoing in device.outbox.every_batch():
        read = batch.read(outgoing.data, device.key.public_key())
        for section in read.sections:
            session = opener.open_session(
                section.header, consultation=read.consultation, device_key_id=read.device_key_id
            )
            said += [session.open(record).contribution for record in section.records]
    return said
