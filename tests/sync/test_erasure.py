"""Erasure on request, by a receipt's code: from device, server and desk, and for good."""

from __future__ import annotations

import base64
import shutil
import sqlite3
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result
from sqlalchemy import insert

from kiosk.commands import main as kiosk
from sync import batch as batches
from sync import verify
from sync.attachment import Attachment
from sync.client.https import Uplink, sync_once
from sync.contribution import Contribution, Mode
from sync.desk.commands import main as desk
from sync.desk.findings import Kind
from sync.desk.store import DeskStore
from sync.device import Device
from sync.erasure import Erasure
from sync.outbox import State
from sync.receipt import Receipt, receipt_code
from sync.redaction import redact
from sync.register.checkpoint import origin_of, verifier_key
from sync.register.entry import Reason
from sync.server import schema
from sync.server.commands import main as server
from sync.server.doctor import Health, examine
from sync.server.erasures import Erasures
from tests.sync.test_desk_register import pulled
from tests.sync.town import Town, ideas
from tests.waiting import LONG

ON_BOTH_DATABASES = True

WORDS = "passage des Tilleuls, près de chez Mme Marie-Noëlle Quirin"
PHOTO = Attachment(
    "place-7c.jpg", b"\xff\xd8\xff\xe0" + bytes(range(255, -1, -1)) * 60, "image/jpeg"
)


@dataclass(frozen=True)
class Said:
    """What one person said, and every form in which it may lie somewhere."""

    receipt: Receipt
    traces: tuple[bytes, ...]

    @property
    def code(self) -> str:
        return self.receipt.code


def run(command: object, *arguments: str | Path, typed: str = "") -> Result:
    given = [str(argument) for argument in arguments]
    return CliRunner().invoke(command, given, input=typed)  # type: ignore[arg-type]


def say(town: Town, device: Device, *, photo: bool = True) -> Said:
    """Somebody says what is to be erased, between two others."""
    held = device.consultation(town.consultation.id)
    town.confirm(device, "un banc")
    fields = (("/data/idea", WORDS), *((("/data/budget", PHOTO.name),) if photo else ()))
    said = Contribution("place", "1", held.form_hash, Mode.SELF, "fr", fields)
    receipt = device.confirm(held.id, said, (PHOTO,) if photo else ())
    town.confirm(device, "une fontaine")
    with sqlite3.connect(f"file:{device.directory / 'outbox.sqlite'}?mode=ro", uri=True) as db:
        row = db.execute("SELECT ciphertext FROM contribution WHERE id = ?", [receipt.id])
        (ciphertext,) = row.fetchone()
    streams = [one.read_bytes() for one in (device.directory / "attachments").rglob("*")
               if one.is_file()]  # fmt: skip
    traces = [WORDS.encode(), b"Marie-No", PHOTO.content[2000:2100], ciphertext[:40],
              ciphertext[40:80]]  # fmt: skip
    return Said(receipt, (*traces, *(one[500:600] for one in streams)))


def found_in(root: Path, said: Said) -> list[str]:
    """The files below a folder that hold any trace."""
    return sorted(
        f"{path.relative_to(root)}: {trace[:12]!r}"
        for path in root.rglob("*")
        if path.is_file()
        for content in [_content(path)]
        for trace in said.traces
        if trace in content
    )


def _content(path: Path) -> bytes:
    """What a file holds; nothing where a running server has just taken it away."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def ask(town: Town, said: Said, *more: str) -> Result:
    return run(desk, "erase", said.code, "--keys", town.keys.path, "--store",
               town.root / "desk.sqlite", "--yes", *more)  # fmt: skip


def findings(store: DeskStore) -> list[Kind]:
    return [one.kind for one in store.findings()]


def test_nothing_of_it_is_left_in_any_file_and_its_neighbours_stay_verifiable(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    table = town.root / "out" / "table.csv"
    table.parent.mkdir()
    with town.serving() as url:
        with town.device(url=url) as device:
            said = say(town, device)
            assert sync_once(device).complete
            with town.desk() as store:
                assert pulled(town, url, store).findings == ()
            run(desk, "export", "--store", town.root / "desk.sqlite", "--csv", table)
            with town.service() as service, service.store.writing() as db:  # as it was published
                line = {"consultation": town.consultation.id, "id": said.receipt.id, "number": 1}
                db.execute(insert(schema.states), {**line, "themes": "", "published": WORDS})
            for place in ("mairie", "server", "desk.sqlite.media", "out"):
                assert found_in(town.root / place, said), place  # else the search below is blind

            done = ask(town, said)
            assert done.exit_code == 0, done.output
            assert f"{table}, made on" in done.output
            shutil.rmtree(table.parent)
            assert sync_once(device).complete
            assert device.outbox.counts().erased == 1
            assert found_in(town.root, said) == []

        # What is left is whole: the same desk, a new one, the device, the register, the page.
        with town.desk() as store, town.desk("new.sqlite") as new:
            for one in (store, new):
                report = pulled(town, url, one)
                assert ideas(one, town.consultation.id) == ["un banc", "une fontaine"]
                assert report.findings == ()
        with town.service() as service:
            said_now = [one.sentence for one in examine(service) if one.health is Health.BAD]
            assert said_now == []
            key = verifier_key(origin_of(town.consultation.id), service.public_key)
            until = time.monotonic() + LONG
            while service.registers.size(town.consultation.id) < 4:  # its tombstone is published
                assert time.monotonic() < until
                time.sleep(0.1)
        register = f"{url}/register/{town.consultation.id}"
        capsys.readouterr()
        assert verify.main(["receipt", register, "--key", key, said.receipt.qr_payload(url)]) == 0
        assert "was erased on request: entry 3 says so" in capsys.readouterr().out
        assert verify.main(["log", register, "--key", key]) == 0
        assert "3 contributions, 1 erased" in capsys.readouterr().out
        page = requests.get(f"{url}/r?code={said.code}&lang=fr", timeout=LONG).text
        assert "Effacée à la demande de la personne." in page
        assert found_in(town.root, said) == []
        again = ask(town, said)
        assert again.exit_code == 1
        assert "erased already" in again.output


def test_whoever_brings_it_again_brings_it_in_vain(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        said = say(town, device, photo=False)
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        shutil.copytree(town.root / "mairie", town.root / "copie")
        assert sync_once(device).complete
        with town.desk() as store:
            pulled(town, url, store)
        assert ask(town, said).exit_code == 0
        # The very same batch, sent again by whoever kept it.
        answer = requests.put(f"{url}/v1/batches/{outgoing.name}", data=outgoing.data, timeout=LONG)
        assert answer.status_code == 200
        # The same record in another batch, of a copy of the device's data, before it knows.
        with town.device("copie") as copy:
            copy.outbox.refuse(outgoing.name, "a proxy said 413")
            uplink = Uplink(copy)
            for _ in range(2):
                half = copy.outbox.next_batch()
                assert half is not None
                uplink._wire.ask("PUT", f"/v1/batches/{half.name}", half.data, most=1 << 20)
                copy.outbox.set_aside("", "")
                copy.outbox.release(
                    requests.get(
                        f"{url}/v1/batches/{half.name}/acknowledgement", timeout=LONG
                    ).content
                )
            uplink.close()
        shutil.rmtree(town.root / "copie")
        sync_once(device)
        assert found_in(town.root, said) == []
        with town.desk() as store:
            pulled(town, url, store)
            assert ideas(store, town.consultation.id) == ["un banc", "une fontaine"]
        assert found_in(town.root, said) == []


def test_a_server_set_back_to_a_backup_is_told_again_at_the_next_pulls(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        said = say(town, device, photo=False)
        assert sync_once(device).complete
        with town.desk() as store:
            pulled(town, url, store)
    shutil.copytree(town.server_data, town.root / "backup")
    with town.serving() as url:
        assert ask(town, said, "--server", url).exit_code == 0
    shutil.rmtree(town.server_data)
    (town.root / "backup").rename(town.server_data)
    with town.serving() as url, town.desk() as store:
        assert found_in(town.server_data, said)
        with town.service() as service:
            names = service.store.batch_names()
        with store.transaction():  # the desk looks through all of it again
            for name in names:
                store._db.execute("DELETE FROM batches WHERE name = ?", [name])
            store._db.execute("DELETE FROM sources")
        for _ in range(2):
            town.pull(url, store)
        assert found_in(town.server_data, said) == []
        assert ideas(store, town.consultation.id) == ["un banc", "une fontaine"]


def test_a_copy_that_still_holds_it_is_named_and_not_taken(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        said = say(town, device, photo=False)
        assert sync_once(device).complete
        with town.desk() as store:
            pulled(town, url, store)
        shutil.copytree(town.server_data, town.root / "stick")
        assert ask(town, said).exit_code == 0
        with town.desk() as store:
            with store.transaction():
                store._db.execute("DELETE FROM batches")
            report = town.pull(town.root / "stick", store)
            assert Kind.ERASED in {one.kind for one in report.findings}
            assert "this copy still holds it. Destroy the copy" in str(report.findings)
            assert ideas(store, town.consultation.id) == ["un banc", "une fontaine"]


def test_without_a_network_the_order_goes_with_the_next_pull(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        said = say(town, device, photo=False)
        assert sync_once(device).complete
        with town.desk() as store:
            pulled(town, url, store)
    away = ask(town, said)
    assert away.exit_code == 1
    assert "goes to the server with the next pull" in away.output
    assert found_in(town.root, said)[0].startswith("mairie")  # and the server; not the desk
    assert not [one for one in found_in(town.root, said) if one.startswith("desk")]
    with town.serving() as url, town.device() as device, town.desk() as store:
        town.pull(url, store)
        assert sync_once(device).complete
    assert found_in(town.root, said) == []


def test_only_the_organiser_or_the_server_may_order_and_nothing_else_is_taken_out(
    town: Town, tmp_path: Path
) -> None:
    other = Town(tmp_path / "other")
    with town.serving() as url, town.device(url=url) as device:
        said = say(town, device, photo=False)
        assert sync_once(device).complete
        erasure = Erasure(town.consultation.id, said.receipt.id, Reason.ASKED, date.today())
        forged = erasure.sign(other.keys.organiser)
        for body in (forged, b"", b"{}", b"x" * 5000, forged.replace(b"reason", b"raison")):
            answer = requests.post(f"{url}/v1/erasures", data=body, timeout=LONG)
            assert answer.status_code in (400, 403, 413), answer.text
        wrong = Erasure("0" * 16, said.receipt.id, Reason.ASKED, date.today())
        answer = requests.post(
            f"{url}/v1/erasures", data=wrong.sign(town.keys.organiser), timeout=LONG
        )
        assert answer.status_code == 404
        # A server that takes something out on its own is named.
        with town.service() as service:
            [name] = service.store.batch_names()
            read = service.erasures.read_stored(name)
            left = redact(read, name, {said.receipt.id}, [forged], service._key)
            service.files.keep_batch(name, left)
        with town.desk() as store:
            report = town.pull(url, store)
            assert Kind.ALTERED in findings(store)
            assert "nobody who may has ordered it" in str(report.findings)
            assert ideas(store, town.consultation.id) == ["un banc", "une fontaine"]
        # And one that changes what is left is refused.
        with town.service() as service:
            service.files.keep_batch(name, left[:-1] + bytes([left[-1] ^ 1]))
        with town.desk("new.sqlite") as store:
            town.pull(url, store)
            assert ideas(store, town.consultation.id) == []


def test_what_the_servers_operator_erased_is_named_at_the_desk(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        said = say(town, device)
        assert sync_once(device).complete
        with town.desk() as store:
            pulled(town, url, store)
        asked = ("erase", said.code.lower(), "--data", town.server_data, "--reason", "unlawful")
        assert run(server, *asked, typed="n\n").exit_code == 1
        assert found_in(town.server_data, said)
        done = run(server, *asked, typed="y\n")
        assert done.exit_code == 0, done.output
        assert found_in(town.server_data, said) == []
        town.confirm(device, "encore")  # what comes in has the server publish at once
        assert sync_once(device).complete
        assert found_in(town.root / "mairie", said) == []
        with town.desk() as store:
            until = time.monotonic() + LONG
            while Kind.ERASED not in findings(store) and time.monotonic() < until:
                town.pull(url, store)
            assert f"parvis-desk erase {said.code}" in str(store.findings())
        assert ask(town, said).exit_code == 0
        with town.desk() as store:
            assert pulled(town, url, store).findings == ()
    assert found_in(town.root, said) == []


@pytest.mark.parametrize("sent", [False, True], ids=["waiting", "formed into a batch"])
def test_a_steward_erases_what_has_not_left_the_device(town: Town, sent: bool) -> None:
    data = town.root / "mairie"
    with town.serving() as url:
        with town.device(url=url) as device:
            said = say(town, device)
            if sent:
                assert device.outbox.next_batch() is not None
        asked = ("erase", said.code, "--data", data)
        assert run(kiosk, *asked, typed="n\n").exit_code == 1
        assert found_in(data, said)
        done = run(kiosk, *asked, "--yes")
        assert done.exit_code == 0, done.output
        assert ("It had not left this device" in done.output) is not sent
        assert found_in(data, said) == []
        again = run(kiosk, *asked, "--yes")
        assert again.exit_code == 1
        assert "No contribution of that code" in again.output
        with town.device() as device, town.desk() as store:
            assert device.outbox.erase((said.receipt.id,) * 2) == (State.ERASED,)
            assert sync_once(device).complete
            counts = device.outbox.counts()
            assert (counts.released, counts.erased, counts.owed) == (2, 1, 0)
            pulled(town, url, store)
            assert ideas(store, town.consultation.id) == ["un banc", "une fontaine"]
    assert found_in(town.root, said) == []


def test_a_mistyped_code_and_one_of_nobody_are_told_apart(town: Town) -> None:
    with town.desk():
        pass
    code = receipt_code(bytes(16))
    for command, more in (
        (desk, ("--keys", town.keys.path, "--store", town.root / "desk.sqlite")),
        (server, ("--data", town.server_data)),
        (kiosk, ("--data", town.root / "mairie")),
    ):
        nobody = run(command, "erase", code, *more, "--yes")
        assert (nobody.exit_code, "No contribution of that code" in nobody.output) == (1, True)
        slip = run(command, "erase", code[:-1] + "7", *more, "--yes")
        assert (slip.exit_code, "mistake" in slip.output) == (1, True)


def test_orders_travel_to_devices_in_the_servers_order(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        said = say(town, device, photo=False)
        assert sync_once(device).complete
        with town.desk() as store:
            pulled(town, url, store)
        assert ask(town, said).exit_code == 0
        path = f"{url}/v1/consultations/{town.consultation.id}/erasures"
        (line,) = requests.get(path, timeout=LONG).json()["orders"]
        assert line["number"] == 1
        assert said.receipt.id.hex() in base64.b64decode(line["order"]).decode()
        assert requests.get(f"{path}?after=1", timeout=LONG).json() == {"orders": []}
        assert requests.get(f"{path}?after=x", timeout=LONG).status_code == 400
        assert sync_once(device).complete
        assert device.erasures_seen(town.consultation.id) == 1


@pytest.mark.parametrize("meanwhile", [False, True], ids=["before it came", "while it came"])
def test_an_order_that_is_there_before_the_contribution_keeps_it_out(
    town: Town, monkeypatch: pytest.MonkeyPatch, meanwhile: bool
) -> None:
    with town.serving() as url, town.device(url=url) as device:
        said = say(town, device)
        erasure = Erasure(town.consultation.id, said.receipt.id, Reason.EXPIRED, date.today())
        order = erasure.sign(town.keys.organiser)
        answer = requests.post(f"{url}/v1/erasures", data=order, timeout=LONG)
        assert answer.json() == {"batches": 0, "id": said.receipt.id.hex()}
        if meanwhile:  # it was looked for a moment too early
            monkeypatch.setattr(
                Erasures, "without_erased", lambda _self, _read, body: (body, frozenset())
            )
        assert sync_once(device).complete
        monkeypatch.undo()
        assert found_in(town.root, said) == []
        with town.desk() as store:
            assert pulled(town, url, store).findings == ()
            assert ideas(store, town.consultation.id) == ["un banc", "une fontaine"]
        with town.service() as service:
            where = service.registers.whereabouts(
                town.consultation.id, (said.receipt.id, said.receipt.id)
            )
            assert where is not None
            assert where.erased is Reason.EXPIRED


def test_a_redacted_batch_is_taken_from_nobody(town: Town) -> None:
    """Only this server's own files may be redacted: nobody can upload one."""
    with town.serving() as url, town.device(url=url) as device:
        said = say(town, device, photo=False)
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        read = batches.read(outgoing.data, device.key.public_key())
        left = redact(read, outgoing.name, {said.receipt.id}, [], device.key)
        name = batches.name_of(left)
        answer = requests.put(f"{url}/v1/batches/{name}", data=left, timeout=LONG)
        assert answer.status_code == 422


@pytest.mark.parametrize("new_key", [False, True], ids=["the same key", "another key"])
def test_a_backup_brought_up_to_date_forgets_it_and_restores(town: Town, new_key: bool) -> None:
    backup, restored = town.root / "backup", town.root / "restored"
    with town.serving() as url, town.device(url=url) as device:
        said = say(town, device, photo=False)
        assert sync_once(device).complete
        with town.desk() as store:
            pulled(town, url, store)
        assert run(server, "backup", backup, "--data", town.server_data).exit_code == 0
        assert found_in(backup, said)
        assert ask(town, said).exit_code == 0
        again = run(server, "backup", backup, "--data", town.server_data)
        assert again.exit_code == 0, again.output
        assert found_in(backup, said) == []
    more = ("--new-key",) if new_key else ()
    done = run(server, "restore", backup, "--data", restored, *more)
    assert done.exit_code == 0, done.output
    shutil.rmtree(town.server_data)
    restored.rename(town.server_data)
    with town.serving() as url, town.desk("new.sqlite") as store:
        report = pulled(town, url, store)
        assert report.findings == ()
        assert ideas(store, town.consultation.id) == ["un banc", "une fontaine"]
