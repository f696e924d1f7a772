"""What it costs on the wire that lengths tell nothing of closed answers.

    python -m tests.bench.lengths

Prints one JSON object: for forms of the catalogue, bytes per contribution in a batch of 500 as a
device sends it, filled up to the form's own length and not; the seconds that 500 take at 40 kbit/s;
and how many lengths there are to tell apart. Answers are drawn at random, most questions answered.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from forms.widest import WidestAnswers
from forms.xform import read_form
from sync import batch as batches
from sync.consultation import Consultation
from sync.contribution import Contribution, Mode
from sync.desk.publish import Publication, publish
from sync.device import Device, Enrolment
from sync.key_directory import KeyDirectory

FORMS = ("avant-apres", "petition", "budget", "democratie-courte", "democratie")
BATCH = 500
BYTES_A_SECOND = 40_000 / 8


def drawn(asked: Consultation, count: int) -> list[Contribution]:
    """Contributions of people who answer most questions, in few words."""
    random = Random(asked.form_id)
    widest = WidestAnswers(read_form(asked.form, media=asked.media))
    form = (asked.form_id, asked.form_version, asked.form_hash)
    return [
        Contribution(
            *form,
            Mode.SELF,
            "fr",
            tuple(
                (path, value[: random.randrange(4, 25)] if path in widest.open else value)
                for path, value in widest.draw(random)
                if random.random() < 0.7
            ),
        )
        for _ in range(count)
    ]


def sent(asked: Consultation, root: Path) -> tuple[float, int]:
    """Bytes a contribution in a batch of 500, and how many lengths its records have."""
    with Device.open(root) as device:
        key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        device.enrol(Enrolment("https://participer.example.org", key, "bench"))
        device.hold(asked.data)
        for one in drawn(asked, BATCH):
            device.confirm(asked.id, one)
        outgoing = device.outbox.next_batch(BATCH)
        assert outgoing is not None and outgoing.records == BATCH
        read = batches.read(outgoing.data, device.key.public_key())
    lengths = {len(one.ciphertext) for section in read.sections for one in section.records}
    return len(outgoing.data) / BATCH, len(lengths)


def measured(name: str) -> dict[str, object]:
    """One form, filled up and not."""
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        keys = KeyDirectory.create(Path(folder) / "keys", label="Ville")
        for told, options in (("filled_up", {}), ("as_before", {"least": "0"})):
            asked, _ = publish(name, keys, said=Publication(options=options))
            size, lengths = sent(asked, Path(folder) / told)
            found[told] = {
                "bytes": round(size),
                "seconds_for_500_at_40_kbit": round(size * BATCH / BYTES_A_SECOND, 1),
                "lengths": lengths,
            }
            if told == "filled_up":
                found["open_questions"] = len(
                    WidestAnswers(read_form(asked.form, media=asked.media)).open
                )
    return found


def main() -> None:
    """Measure, and print."""
    print(json.dumps({name: measured(name) for name in FORMS}, indent=2))


if __name__ == "__main__":
    main()
