"""Six words that both screens show: the same for the device that is meant, others for any other."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import six_words
from sync.client.https import enrol, sync_once
from sync.client.wire import NetworkTrouble, Wire
from sync.device import Device
from sync.enrolment import EnrolmentRefused
from sync.server import commands
from sync.server.service import Service
from sync.six_words import SixWords, UnknownWord, WordsDiffer
from tests.sync.town import ROOT, Town, server_process

_COMMAND = "from sync.server.commands import main; main()"
LIST = Path(six_words.__file__).with_name("words") / "enrolment.txt"


ON_BOTH_DATABASES = True


@dataclass
class Said:
    """A steward who reads the device's screen, and says whether it is the same."""

    answer: bool = True
    read: SixWords | None = None

    def __call__(self, words: SixWords) -> bool:
        self.read = words
        return self.answer


def words_of(service: Service, name: str) -> SixWords | None:
    (device,) = [one for one in service.store.devices() if one.name == name]
    return service.words(device)


def test_the_list_has_256_words_in_each_language_and_none_twice() -> None:
    lines = [line.split() for line in LIST.read_text().splitlines()]
    french, english = zip(*lines, strict=True)
    assert len(french) == len(set(french)) == len(set(english)) == 256
    for word in (*french, *english):
        assert word.isalpha()
        assert word == word.lower()
        assert len(word) <= 12
    # Whoever reads them out need not say in which language.
    assert all(french.index(one) == english.index(one) for one in set(french) & set(english))


def test_whatever_differs_on_one_side_changes_the_words() -> None:
    keys = [Ed25519PrivateKey.generate().public_key() for _ in range(4)]
    shown = {
        SixWords.of(keys[0], keys[1], b"\1" * 32),
        SixWords.of(keys[2], keys[1], b"\1" * 32),
        SixWords.of(keys[0], keys[3], b"\1" * 32),
        SixWords.of(keys[0], keys[1], b"\2" * 32),
    }
    assert len(shown) == 4


def test_words_are_read_out_in_either_language() -> None:
    words = SixWords(bytes([0, 1, 2, 3, 254, 255]))
    assert SixWords.typed(words.french.upper()) == SixWords.typed(words.english) == words
    with pytest.raises(UnknownWord, match="6 words"):
        SixWords.typed("abeille aigle")
    with pytest.raises(UnknownWord, match="“xyz”"):
        SixWords.typed("abeille aigle ail xyz âne anneau")


def test_both_screens_show_the_same_words(town: Town) -> None:
    with town.serving() as url, town.device() as device:
        steward = Said()
        enrol(device, town.code(url), "Mairie", same=steward)
        assert sync_once(device).complete
        with town.service() as service:
            assert words_of(service, "Mairie") == steward.read
            service.compare(service.store.devices()[0], True)
            last = service.store.last_enrolment(device.key_id.hex())
            assert last is not None
            assert last.compared
        town.clock.now += 60
        # Enrolled anew, it is compared anew.
        enrol(device, town.code(url), "Mairie", same=steward)
        with town.service() as service:
            assert words_of(service, "Mairie") == steward.read
            last = service.store.last_enrolment(device.key_id.hex())
            assert last is not None
            assert not last.compared


def test_words_that_differ_refuse_the_device_on_both_sides(town: Town) -> None:
    with town.serving() as url, town.device() as device:
        code = town.code(url)
        with pytest.raises(WordsDiffer, match="not enrolled"):
            enrol(device, code, "Mairie", same=Said(False))
        assert device.enrolled is None
        with town.service() as service:
            assert service.store.counts().revoked == 1
        with pytest.raises(EnrolmentRefused):
            enrol(device, code, "Mairie")
        enrol(device, town.code(url), "Mairie")
        assert sync_once(device).complete


def test_a_device_that_was_enrolled_before_keeps_its_server_where_the_words_differ(
    town: Town, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    other = Town(tmp_path / "elsewhere")
    with town.serving() as url, other.serving() as foreign, town.device("mairie", url) as device:
        before = device.enrolled
        with pytest.raises(WordsDiffer):
            enrol(device, other.code(foreign), same=Said(False))
        assert device.enrolled == before
        town.confirm(device, "un banc")
        assert sync_once(device).complete


def test_a_server_that_is_gone_when_told_is_named_to_the_steward(town: Town) -> None:
    with town.device() as device:
        with town.serving() as url:
            code = town.code(url)

            def gone(_words: SixWords) -> bool:
                wire_ask, Wire.ask = Wire.ask, _cut
                gone.restore = wire_ask  # type: ignore[attr-defined]
                return False

            try:
                with pytest.raises(WordsDiffer, match=f"revoke {device.key_id.hex()}"):
                    enrol(device, code, same=gone)
            finally:
                Wire.ask = gone.restore  # type: ignore[attr-defined,method-assign]
        assert device.enrolled is None


def _cut(*_args: object, **_more: object) -> None:
    raise NetworkTrouble("The cable was pulled.")


def test_nobody_else_can_have_a_device_revoked(town: Town) -> None:
    with town.serving() as url, town.device("mairie", url) as device:
        with town.service() as service:
            last = service.store.last_enrolment(device.key_id.hex())
        assert last is not None
        wire = Wire(url)
        path = f"/v1/devices/{device.key_id.hex()}?enrolment={last.token_hash.hex()}"
        assert wire.ask("DELETE", path, most=10_000).problem.name == "unsigned"
        path = f"/v1/devices/{device.key_id.hex()}?enrolment={'0' * 64}"
        assert wire.ask("DELETE", path, most=10_000).status == 404
        wire.close()
        town.confirm(device, "un banc")
        assert sync_once(device).complete


def test_a_thief_with_the_code_is_seen_and_loses_the_device(town: Town) -> None:
    """Somebody photographed the code and was first."""
    run = CliRunner().invoke
    with town.serving() as url, town.device("thief") as thief, town.device("mairie") as device:
        code = town.code(url)
        enrol(thief, code, "Mairie")
        with pytest.raises(EnrolmentRefused, match="another device"):
            enrol(device, code, "Mairie")
        key_id, data = thief.key_id.hex(), str(town.server_data)
        listed = run(commands.main, ["devices", "--data", data])
        assert "not compared yet" in listed.output
        words = ["arbre", "lune", "pain", "vélo", "table", "école"]
        said = run(commands.main, ["compare", key_id, *words, "--data", data])
        assert said.exit_code == 1
        assert "The words differ" in said.output
        assert "revoked" in run(commands.main, ["devices", "--data", data]).output
        assert "revoked" in sync_after(thief, town)


def sync_after(device: Device, town: Town) -> str:
    with town.service() as service:
        device.hold(service.store.package(town.consultation.id))
    town.confirm(device, "un vol")
    return " ".join(sync_once(device).troubles)


def test_words_read_out_over_the_telephone_are_compared(town: Town) -> None:
    run, steward = CliRunner().invoke, Said()
    with town.serving() as url, town.device() as device:
        enrol(device, town.code(url), "Mairie", same=steward)
        assert steward.read is not None
        key_id, data = device.key_id.hex(), str(town.server_data)
        mistaken = run(commands.main, ["compare", key_id, "abeille", "--data", data])
        assert "Type all of them" in mistaken.output
        said = run(commands.main, ["compare", key_id, steward.read.english, "--data", data])
        assert said.exit_code == 0
        assert "not compared" not in run(commands.main, ["devices", "--data", data]).output


def test_where_nobody_says_whether_the_words_are_the_same_it_is_said_what_holds(
    town: Town,
) -> None:
    run = CliRunner().invoke
    with town.serving() as url, town.device() as device:
        enrol(device, town.code(url), "Mairie")
        key_id, data = device.key_id.hex(), str(town.server_data)
        asked = run(commands.main, ["compare", key_id, "--data", data], input="")
        assert asked.exit_code == 1 and "Aborted" not in asked.output
        assert f"later: parvis-server compare {key_id}" in asked.output
        listed = run(commands.main, ["devices", "--data", data]).output
        assert "not compared yet" in listed and "revoked" not in listed


def test_a_device_whose_steward_goes_away_is_enrolled_on_neither_side(town: Town) -> None:
    def walks_away(_: SixWords) -> bool:
        raise KeyboardInterrupt

    with town.serving() as url, town.device() as device:
        with pytest.raises(KeyboardInterrupt):
            enrol(device, town.code(url), "Mairie", same=walks_away)
        assert device.enrolled is None
        with town.service() as service:
            assert service.store.counts().revoked == 1


@pytest.mark.parametrize("answer", ["y", "n"])
def test_the_server_waits_for_the_device_and_asks(town: Town, answer: str) -> None:
    with server_process(town.server_data) as server, town.device() as device:
        asked = ["enrol", "--data", str(town.server_data), "--url", server.url, "--wait"]
        waiting = subprocess.Popen(
            [sys.executable, "-c", _COMMAND, *asked],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        watchdog = threading.Timer(60, waiting.kill)
        watchdog.start()
        try:
            assert waiting.stdout is not None
            code = next(line for line in waiting.stdout if line.startswith("http"))
            steward = Said()
            enrol(device, code, "Mairie", same=steward)
            output, _ = waiting.communicate(f"{answer}\n")
        finally:
            watchdog.cancel()
            waiting.kill()
        assert steward.read is not None
        assert steward.read.french in output
        assert steward.read.english in output
        assert waiting.returncode == (0 if answer == "y" else 1)
        with town.service() as service:
            assert service.store.counts().revoked == (0 if answer == "y" else 1)
