"""What sealing costs: bytes per contribution in a batch, seals a second, time until durably kept.

    python -m tests.bench.sealing

Prints one JSON object. The texts (`said_in_french.txt`) were written for this bench, apart from the
dictionary's words; each contribution answers one open question with 600 bytes of several of them.
"""

import hashlib
import json
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import consultation as packages
from sync.acknowledgement import Verdict, acknowledge
from sync.compression import Dictionary
from sync.consultation import Consultation, Notice
from sync.contribution import Contribution, Mode
from sync.device import Device, Enrolment
from sync.dictionary import form_dictionary
from sync.envelope import SealingSession
from sync.keys import RecipientKeys
from sync.padding import Padding

TEXT_BYTES = 600
BATCH = 500
FORM = b"<h:html>a form of one open question and two closed ones</h:html>"
FORM_HASH = hashlib.sha256(FORM).hexdigest()
MATERIAL = """Quels sont les changements les plus urgents dans votre commune ?
Sur quel sujet voulez-vous vous exprimer ?
Transports et circulation
Logement et urbanisme
Services publics et santé
Environnement et cadre de vie
Depuis combien de temps habitez-vous ici ?
transports
logement
services
environnement
moins_1_an
1_a_5_ans
plus_5_ans
/data/sujet
/data/depuis
/data/texte""".encode()
# What HTTP/1.1 adds to one batch in both directions, as the two sides of Parvis write it.
HTTP = (
    b"PUT /v1/batches/" + b"0" * 64 + b" HTTP/1.1\r\nHost: participer.example.org\r\n"
    b"User-Agent: Parvis/0.1\r\nAccept-Encoding: identity\r\nAccept: */*\r\n"
    b"Connection: keep-alive\r\nContent-Type: application/octet-stream\r\n"
    b"Content-Length: 150000\r\n\r\n"
    b"HTTP/1.1 200 OK\r\ndate: Sat, 21 Nov 2026 10:00:00 GMT\r\nserver: uvicorn\r\n"
    b"content-type: application/octet-stream\r\ncontent-length: 120\r\n\r\n"
)


def texts(count: int, seed: int = 1) -> list[str]:
    """French texts of 600 bytes, each of other sentences in another order."""
    lines = (Path(__file__).parent / "said_in_french.txt").read_text(encoding="utf-8").splitlines()
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        text = " ".join(chance.sample(lines, 12))
        made.append(text.encode()[:TEXT_BYTES].decode(errors="ignore"))
    return made


def contributions(count: int) -> list[Contribution]:
    """What `count` residents say."""
    return [
        Contribution(
            form_id="changements",
            form_version="1",
            form_hash=FORM_HASH,
            mode=Mode.SELF,
            language="fr",
            fields=(("/data/texte", text),),
        )
        for text in texts(count)
    ]


def dictionary() -> bytes:
    """The form's dictionary, as `parvis-desk publish` makes it."""
    return form_dictionary(
        MATERIAL,
        form_id="changements",
        form_version="1",
        form_hash=FORM_HASH,
        languages=["fr"],
    )


def bytes_per_contribution(said: list[Contribution]) -> dict[str, float]:
    """A device's real batch of 500, its acknowledgement, and HTTP around both."""
    organiser, server = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    package = packages.publish(
        Consultation(
            organiser="Ville",
            organiser_key=organiser.public_key().public_bytes_raw(),
            version=1,
            title={"fr": "Changements"},
            notice={"fr": Notice("", "", "", "", "")},
            form_id="changements",
            form_version="1",
            form=FORM,
            recipients=(RecipientKeys.generate().public,),
            dictionary=dictionary(),
        ),
        organiser,
    )
    with tempfile.TemporaryDirectory() as folder, Device.open(Path(folder) / "device") as device:
        key = server.public_key().public_bytes_raw()
        device.enrol(Enrolment("https://participer.example.org", key, "bench"))
        device.hold(package.data)
        for contribution in said:
            device.confirm(package.id, contribution)
        outgoing = device.outbox.next_batch(BATCH)
        assert outgoing is not None and outgoing.records == len(said)
        answer = acknowledge(outgoing.name, [Verdict.STORED] * outgoing.records, server)
        device.outbox.release(answer)
    sent = len(outgoing.data) + len(answer) + len(HTTP)
    return {
        "text": sum(len(one.fields[-1][1].encode()) for one in said) / len(said),
        "batch": len(outgoing.data) / len(said),
        "acknowledgement_and_http": (len(answer) + len(HTTP)) / len(said),
        "all": sent / len(said),
        "limit": 300,
        "ratio": round(sent / len(said) / 300, 3),
        "package": len(package.data),
        "dictionary": len(package.dictionary),
    }


def seals_per_second(said: list[Contribution]) -> float:
    """Sealing alone: compression, commitment, encryption, with a new session every 64."""
    recipients, loaded = (RecipientKeys.generate().public,), Dictionary(dictionary())
    loaded.squeeze(b"first use loads the dictionary")
    begun = time.perf_counter()
    for at in range(0, len(said), 64):
        session = SealingSession.start(
            "0123456789ABCDEF",
            FORM_HASH,
            bytes(8),
            recipients,
            dictionary=loaded,
            padding=Padding.PADME,
        )
        for contribution in said[at : at + 64]:
            session.seal(contribution)
    return len(said) / (time.perf_counter() - begun)


def median_seconds(action: Callable[[int], object], times: int) -> float:
    """The median time that `action` takes."""
    taken = []
    for turn in range(times):
        begun = time.perf_counter()
        action(turn)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def confirm_and_bare_commit(said: list[Contribution]) -> dict[str, float]:
    """`confirm` beside one bare SQLite commit (WAL, synchronous=FULL), on this disk."""
    organiser = Ed25519PrivateKey.generate()
    package = packages.publish(
        Consultation(
            organiser="Ville",
            organiser_key=organiser.public_key().public_bytes_raw(),
            version=1,
            title={"fr": "Changements"},
            notice={"fr": Notice("", "", "", "", "")},
            form_id="changements",
            form_version="1",
            form=FORM,
            recipients=(RecipientKeys.generate().public,),
            dictionary=dictionary(),
        ),
        organiser,
    )
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        bare = sqlite3.connect(Path(folder) / "bare.sqlite", isolation_level=None)
        bare.execute("PRAGMA journal_mode=WAL")
        bare.execute("PRAGMA synchronous=FULL")
        bare.execute("CREATE TABLE kept (data BLOB)")

        def commit(_: int) -> None:
            bare.execute("INSERT INTO kept VALUES (?)", (bytes(256),))

        with Device.open(Path(folder) / "device") as device:
            device.hold(package.data)
            device.confirm(package.id, said[0])
            confirm_s = median_seconds(
                lambda turn: device.confirm(package.id, said[turn % len(said)]), 200
            )
            commit_s = median_seconds(commit, 200)
        bare.close()
    return {
        "confirm_ms": round(confirm_s * 1e3, 3),
        "bare_commit_ms": round(commit_s * 1e3, 3),
        "limit_ms": round(commit_s * 1.3e3 + 2, 3),
        "ratio": round(confirm_s / (commit_s * 1.3 + 0.002), 3),
    }


def main() -> None:
    """Measure, and print."""
    said = contributions(BATCH)
    print(
        json.dumps(
            {
                "bench": "sealing",
                "bytes_per_contribution": bytes_per_contribution(said),
                "seals_per_second": round(seals_per_second(said)),
                "durable": confirm_and_bare_commit(said),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
