"""The server's registers: every contribution in once, public files that hold, nothing forgotten."""

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
import requests

from sync import batch
from sync.client.https import sync_once
from sync.errors import DamagedRegister, ForgedCheckpoint, ForgedProof, ForgottenRegister
from sync.keys import read_signing_key
from sync.outbox import Outgoing
from sync.register import checkpoint, merkle
from sync.register.checkpoint import Checkpoint, origin_of
from sync.register.entry import Entry, Reason
from sync.register.proof import Consistency, Proof
from sync.register.tiles import Tiles, bundle
from sync.server import register
from sync.server.service import Service
from tests.sync.town import Town, server_process
from tests.waiting import LONG

ON_BOTH_DATABASES = True


def published(service: Service, town: Town) -> list[bytes]:
    """The entries that the public files hold, checked against the checkpoint in them."""
    folder = service.registers.folder(town.consultation.id)
    note = folder.read(register.CHECKPOINT)
    if note is None:
        return []
    point = checkpoint.read(note, origin_of(town.consultation.id), service.public_key)
    tiles = Tiles(folder, point.size)
    assert tiles.root() == point.root
    entries = [one for at in range(-(-point.size // 256)) for one in tiles.entries(at)]
    assert merkle.root(point.size, lambda level, index: _subtree(entries, level, index)) == (
        point.root
    )
    return entries


def _subtree(entries: list[bytes], level: int, index: int) -> bytes:
    span = entries[index << level : (index + 1) << level]
    return merkle.perfect_root([merkle.leaf_hash(one) for one in span])


@dataclass
class Sent:
    """What went to the server from one device."""

    batch: Outgoing
    commitments: list[bytes]

    @property
    def entries(self) -> set[bytes]:
        return {Entry(one).to_bytes() for one in self.commitments}


def sent(town: Town, url: str, name: str, *said: str) -> Sent:
    """People say something on a device, and it is sent."""
    with town.device(name, url) as device:
        town.confirm(device, *said)
        (outgoing,) = device.outbox.every_batch()
        assert sync_once(device).complete
        read = batch.read(outgoing.data, device.key.public_key())
    records = [record for section in read.sections for record in section.records]
    return Sent(outgoing, [record.commitment for record in records])


@contextmanager
def eventually(seconds: float = LONG) -> Iterator[Callable[[Callable[[], bool]], None]]:
    def wait(happened: Callable[[], bool]) -> None:
        until = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < until, "it did not happen"
            time.sleep(0.05)

    yield wait


def test_every_contribution_enters_the_register_once_and_in_no_telling_order(town: Town) -> None:
    with town.serving() as url:
        first = sent(town, url, "mairie", *"abcdefgh")
        second = sent(town, url, "gare", *"ijkl")
    with town.service() as service:
        entries = published(service, town)
    assert len(entries) == 12
    assert set(entries) == first.entries | second.entries
    assert entries[:8] == sorted(entries[:8])
    assert entries[8:] == sorted(entries[8:])


def test_anybody_can_read_the_register_and_check_a_batch_and_a_contribution(town: Town) -> None:
    with town.serving() as url:
        said = sent(town, url, "mairie", *"abcde")
        id_ = town.consultation.id
        server = read_signing_key(town.server_data / "server.key").public_key()
        with eventually() as wait:
            wait(lambda: requests.get(f"{url}/register/{id_}/checkpoint").status_code == 200)
        note = requests.get(f"{url}/register/{id_}/checkpoint")
        assert note.headers["Content-Type"] == "text/plain; charset=utf-8"
        point = checkpoint.read(note.content, origin_of(id_), server)
        assert point.size == 5
        tile = requests.get(f"{url}/register/{id_}/tile/0/000.p/5")
        assert "immutable" in tile.headers["Cache-Control"]
        proof = Proof.from_json(
            requests.get(f"{url}/v1/batches/{said.batch.name}/register").content
        )
        assert proof.check(id_, server) == point
        assert set(proof.entries) == said.entries
        one = said.commitments[3]
        asked = f"{url}/v1/consultations/{id_}/register/{one.hex()}"
        assert Proof.from_json(requests.get(asked).content).check(id_, server) == point
        for nothing in (
            f"{url}/v1/consultations/{id_}/register/{bytes(32).hex()}",
            f"{url}/v1/consultations/{id_}/register?from=6",
            f"{url}/v1/batches/{bytes(32).hex()}/register",
            f"{url}/register/{id_}/tile/0/001",
            f"{url}/register/..%2F..%2Fserver.key/checkpoint",
            f"{url}/register/{id_}/tile/..%2F..%2F..%2Fserver.key",
            f"{url}/register/NOTHING123/checkpoint",
        ):
            assert requests.get(nothing).status_code == 404


def test_a_register_goes_on_from_every_checkpoint_that_was_shown(town: Town) -> None:
    seen: list[Checkpoint] = []
    id_ = town.consultation.id
    with town.service() as service:
        server = service.public_key
    for said in ("abc", "d", "efghijk"):
        with town.serving() as url:
            sent(town, url, "mairie", *said)
            with eventually() as wait:
                size = sum(len(part) for part in ("abc", "d", "efghijk")[: len(seen) + 1])
                wait(lambda: service_size(town) == size)  # noqa: B023
            for before in (None, *seen):
                start = before.size if before else 0
                answer = requests.get(f"{url}/v1/consultations/{id_}/register?from={start}")
                now = Consistency.from_json(answer.content).check(id_, server, before)
            seen.append(now)
            for before in seen:  # and led to each of the later ones, not only to the newest
                for later in (point for point in seen if point.size >= before.size):
                    answer = requests.get(
                        f"{url}/v1/consultations/{id_}/register?from={before.size}&to={later.size}"
                    )
                    shown = Consistency.from_json(answer.content)
                    assert shown.check(id_, server, before) == later
            for nothing in ("from=0&to=2", "from=3&to=1", "from=0&to=12"):
                answer = requests.get(f"{url}/v1/consultations/{id_}/register?{nothing}")
                assert answer.status_code == 404
            answer = requests.get(f"{url}/v1/consultations/{id_}/register?from=0&to=-1")
            assert answer.status_code == 400
    assert [point.size for point in seen] == [3, 4, 11]
    elsewhere = Checkpoint(origin_of(id_), 3, merkle.leaf_hash(b"another past"))
    with town.service() as service:
        proof = Consistency(*service.registers.consistency(id_, 3))
        with pytest.raises(ForgottenRegister):
            proof.check(id_, server, elsewhere)


def service_size(town: Town) -> int:
    with town.service() as service:
        return service.registers.size(town.consultation.id)


def test_a_proof_that_was_changed_is_refused(town: Town) -> None:
    with town.serving() as url:
        said = sent(town, url, "mairie", *"abcde")
        sent(town, url, "gare", *"fg")
    with town.service() as service:
        proof = service.registers.prove_batch(said.batch.name)
        assert proof is not None
        server, id_ = service.public_key, town.consultation.id
        proof.check(id_, server)
        for wrong in (
            Proof(proof.note, proof.first + 1, proof.entries, proof.hashes),
            Proof(proof.note, proof.first, proof.entries[1:], proof.hashes),
            Proof(proof.note, proof.first, proof.entries, proof.hashes[1:]),
            Proof(proof.note, proof.first, (*proof.entries[:-1], bytes(33)), proof.hashes),
        ):
            with pytest.raises(ForgedProof):
                wrong.check(id_, server)
        with pytest.raises(ForgedCheckpoint):
            proof.check("OTHER000", server)
    for rubbish in (b"", b"[]", b"{}", b"\xff", proof.to_json()[:-9], b"[" * 100_000):
        with pytest.raises(ForgedProof):
            Proof.from_json(rubbish)
        with pytest.raises(ForgedProof):
            Consistency.from_json(rubbish)


@pytest.mark.parametrize("lost", ["tile", "checkpoint", "everything", "damaged"])
def test_public_files_that_were_lost_are_made_again(town: Town, lost: str) -> None:
    with town.serving() as url:
        sent(town, url, "mairie", *"abcdefgh")
    folder = town.server_data / "register" / town.consultation.id
    before = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    match lost:
        case "everything":
            shutil.rmtree(folder)
        case "damaged":
            (folder / "tile/0/000.p/8").write_bytes(bytes(256))
        case "tile":
            (folder / "tile/0/000.p/8").unlink()
        case _:
            (folder / "checkpoint").unlink()
    with town.serving():
        pass
    after = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert after == before


@pytest.mark.sqlite_alone
def test_a_restored_database_takes_its_register_back_from_what_was_published(town: Town) -> None:
    data, backup = town.server_data, town.root / "backup.sqlite"
    with town.serving() as url:
        sent(town, url, "mairie", *"abc")
    shutil.copy(data / "parvis.sqlite", backup)
    with town.serving() as url:
        said = sent(town, url, "mairie", *"defg")
    with town.service() as service:
        before = published(service, town)
    for left in data.glob("parvis.sqlite*"):
        left.unlink()
    shutil.copy(backup, data / "parvis.sqlite")
    with town.serving() as url:
        assert requests.get(f"{url}/register/{town.consultation.id}/checkpoint").status_code == 200
        # The device's batch comes again, and finds its entries where they were.
        again = f"{url}/v1/batches/{said.batch.name}"
        assert requests.put(again, said.batch.data).status_code == 200
        sent(town, url, "gare", "h")
    with town.service() as service:
        after = published(service, town)
        assert after[:7] == before
        assert len(after) == 8
        server, id_ = service.public_key, town.consultation.id
        for one in said.commitments:
            proof = service.registers.prove(id_, one)
            assert proof is not None
            proof.check(id_, server)


@pytest.mark.sqlite_alone
def test_a_past_that_was_changed_is_never_signed(town: Town) -> None:
    with town.serving() as url:
        sent(town, url, "mairie", *"abc")
    with sqlite3.connect(town.server_data / "parvis.sqlite") as db:
        other = bundle([Entry(bytes([at] * 32)).to_bytes() for at in range(3)])
        db.execute("UPDATE register SET entries = ?", [other])
    shutil.rmtree(town.server_data / "register" / town.consultation.id)
    with town.service() as service, pytest.raises(DamagedRegister):
        service.registers.mend()


def test_a_server_killed_while_it_publishes_goes_on(town: Town) -> None:
    stops = "\n".join(
        (
            "import os",
            "from pathlib import Path",
            "put = Path.replace",
            "left = [{after}]",
            "def dying(path, target):",
            "    if 'register' in str(path):",
            "        left[0] -= 1",
            "        if left[0] < 0: os.kill(os.getpid(), 9)",
            "    return put(path, target)",
            "Path.replace = dying",
        )
    )
    total = 0
    for after in range(4):
        before = stops.format(after=after)
        with server_process(town.server_data, town.port, before) as server:
            town.port = urlsplit(server.url).port or 0
            with town.device("mairie", server.url) as device:
                town.confirm(device, f"{after} a", f"{after} b")
                sync_once(device)  # the server may be killed before it answers
            total += 2
            with eventually() as wait:
                wait(lambda: server.process.poll() is not None or after == 3)  # noqa: B023
        with town.serving() as url, town.device("mairie", url) as device:
            assert sync_once(device).complete
        with town.service() as service:
            assert len(published(service, town)) == total


def test_an_erased_contribution_leaves_its_commitment_and_a_tombstone() -> None:
    for entry in (Entry(bytes(range(32))), Entry(bytes(32), Reason.ASKED)):
        assert Entry.from_bytes(entry.to_bytes()) == entry
    for rubbish in (b"", b"\x01", b"\x03" + bytes(32), b"\x02" + bytes(32) + b"\x63", bytes(40)):
        with pytest.raises(DamagedRegister):
            Entry.from_bytes(rubbish)
