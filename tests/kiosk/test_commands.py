"""`parvis-kiosk`, as a steward types it: rightly, and wrongly."""

import json

import pytest
from click.testing import CliRunner

from tests.kiosk import hall  # isort: split

from kiosk.commands import main
from kiosk.people import accounts
from sync.device import Device
from sync.receipt import receipt_code


@pytest.fixture
def data(tmp_path):
    """A device that holds the consultation about every kind of question."""
    with Device.open(tmp_path / "device") as device:
        device.hold(hall.consultation().data)
    return tmp_path / "device"


@pytest.fixture
def run():
    def kiosk(*words, typed=None):
        result = CliRunner().invoke(main, [str(word) for word in words], input=typed)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result

    return kiosk


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(accounts, "_MEMORY_KIB", 64)


def table(tmp_path, text):
    path = tmp_path / "sheets.csv"
    path.write_text(text, encoding="utf-8")
    return path


# --- outbox and transcribe ------------------------------------------------------------------------


def test_the_outbox_is_told_in_words_and_in_json(run, data):
    assert json.loads(run("outbox", "--data", data, "--json").stdout) == {
        "waiting": 0,
        "sent": 0,
        "released": 0,
        "quarantined": 0,
    }
    assert [line.split()[:2] for line in run("outbox", "--data", data).stdout.splitlines()] == [
        ["waiting", "0"],
        ["sent", "0"],
        ["released", "0"],
        ["quarantined", "0"],
    ]


def test_the_outbox_can_be_looked_at_while_the_kiosk_runs(run, data):
    with Device.open(data):
        assert run("outbox", "--data", data).exit_code == 0


def test_transcribed_rows_wait_in_the_outbox(run, data, tmp_path):
    done = run(
        *("transcribe", hall.consultation().id, table(tmp_path, "age,idee\n34,x\n35,y\n")),
        *("--data", data),
    )
    assert (done.exit_code, done.stdout) == (0, "2 kept and sealed, 0 not kept.\n")
    assert json.loads(run("outbox", "--data", data, "--json").stdout)["waiting"] == 2


def test_bad_rows_are_named_good_ones_kept_and_the_exit_code_is_one(run, data, tmp_path):
    rejected = tmp_path / "rejected.csv"
    done = run(
        *("transcribe", hall.consultation().id, table(tmp_path, "age\n34\n12\n")),
        *("--data", data, "--rejected", rejected),
    )
    assert done.exit_code == 1
    assert "1 kept and sealed, 1 not kept." in done.stdout
    assert "line 3: age: “12” – De 16 à 129 ans." in done.stderr
    assert rejected.read_text(encoding="utf-8-sig").splitlines() == [
        "line,cause,age",
        "3,age: “12” – De 16 à 129 ans.,12",
    ]


@pytest.mark.parametrize(
    "text, told",
    [
        ("nom\nx\n", "No question of this form is called nom."),
        ("", "is empty"),
        ("age\n", "no rows"),
        ('age\n"34', "not CSV"),
    ],
)
def test_a_table_that_cannot_be_used_ends_in_one_sentence(run, data, tmp_path, text, told):
    done = run("transcribe", hall.consultation().id, table(tmp_path, text), "--data", data)
    assert done.exit_code == 1
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_consultation_that_is_not_held_ends_in_one_sentence(run, data, tmp_path):
    done = run("transcribe", "0" * 16, table(tmp_path, "age\n34\n"), "--data", data)
    assert done.exit_code == 1
    assert len(done.stderr.strip().splitlines()) == 1


# --- people ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_people_are_added_listed_and_removed(run, data):
    assert "Nobody yet" in run("people", "list", "--data", data).stdout
    added = run("people", "add", "Samia", "--data", data, "--pin", "4731")
    assert added.stdout == "Samia can sign in as mediator.\n"
    run("people", "add", "Marc", "--role", "steward", "--data", data, "--pin", "9056")
    assert run("people", "list", "--data", data).stdout.split() == [
        *("steward", "Marc"),
        *("mediator", "Samia"),
    ]
    assert run("people", "remove", "Samia", "--data", data).exit_code == 0
    gone = run("people", "remove", "Samia", "--data", data)
    assert (gone.exit_code, "Nobody called Samia" in gone.stderr) == (1, True)


@pytest.mark.usefixtures("quick")
def test_a_pin_that_is_not_given_is_asked_for_twice_and_never_shown(run, data):
    done = run("people", "add", "Samia", "--data", data, typed="4731\n4731\n")
    assert done.exit_code == 0
    assert "4731" not in done.output


@pytest.mark.parametrize("pin", ["12", "abcd", "1234567890123"])
def test_a_pin_that_is_none_is_refused(run, data, pin):
    done = run("people", "add", "Samia", "--data", data, "--pin", pin)
    assert done.exit_code == 1
    assert "A PIN is 4 to 12 digits" in done.stderr


# --- run, sync, enrol, doctor ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "size", ["big", "1280", "x", "1280x", "100x100", "-1280x800", "1280x800x2"]
)
def test_a_size_that_is_none_is_refused_before_any_window_opens(run, data, size):
    done = run("run", "--data", data, f"--size={size}")
    assert done.exit_code == 1
    assert "write it as 1280x800" in done.stderr


@pytest.mark.parametrize(
    "option", ["--diagonal=0", "--diagonal=-7", "--diagonal=nan", "--idle=0", "--idle=soon"]
)
def test_a_number_out_of_its_range_is_refused_before_any_window_opens(run, data, option):
    done = run("run", "--data", data, option)
    assert done.exit_code in (1, 2)
    assert done.stderr


def test_nothing_to_offer_says_what_to_do(run, tmp_path):
    done = run("run", "--data", tmp_path / "new", "--size", "800x480")
    assert done.exit_code == 1
    assert "parvis-kiosk enrol CODE" in done.stderr


def test_a_second_process_on_the_same_data_is_refused_with_a_sentence(run, data, tmp_path):
    sheet = table(tmp_path, "age\n34\n")
    with Device.open(data):
        for words in (
            ("run", "--size", "800x480"),
            ("sync",),
            ("transcribe", hall.consultation().id, sheet),
            ("people", "list"),
            ("enrol", "https://example.org#x"),
        ):
            done = run(*words, "--data", data)
            assert done.exit_code == 1, words
            assert "already uses" in done.stderr
            assert len(done.stderr.strip().splitlines()) == 1


def test_syncing_before_enrolment_says_so(run, data):
    done = run("sync", "--data", data)
    assert done.exit_code == 1
    assert "enrol" in (done.stdout + done.stderr)


@pytest.mark.parametrize("code", ["", "hello", "https://example.org", "https://example.org#AAAA"])
def test_a_mistyped_code_ends_in_one_sentence(run, data, code):
    done = run("enrol", code, "--data", data)
    assert done.exit_code == 1
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_doctor_tells_in_words_and_by_its_exit_code(run, data, tmp_path):
    done = run("doctor", "--data", data)
    assert done.exit_code == 1
    assert "✗ Not enrolled" in done.stdout
    assert "✓ Holds “La place”" in done.stdout
    missing = run("doctor", "--data", tmp_path / "none")
    assert missing.exit_code == 1
    assert "There is no data directory" in missing.stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "words",
    [("run",), ("sync",), ("outbox",), ("doctor",), ("transcribe",), ("nonsense",), ("people",)],
)
def test_a_command_that_lacks_something_says_how_it_is_used(run, words):
    done = run(*words)
    assert done.exit_code == 2
    assert "Usage:" in done.output


# --- printer --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["file:{}", "serial:{}", "serial:{}@9600"])
@pytest.mark.parametrize("place", ["a file", "a folder", "nothing", "a file that is linked"])
def test_a_path_that_is_no_printer_is_refused_and_not_noted(run, data, tmp_path, kind, place):
    path = tmp_path / "lp0"
    if place == "a folder":
        path.mkdir()
    elif place != "nothing":
        path.write_bytes(b"what was here")
    if place == "a file that is linked":
        path = tmp_path / "link"
        path.symlink_to(tmp_path / "lp0")
    done = run("printer", "--at", kind.format(path), "--data", data)
    assert done.exit_code == 1
    assert str(path) in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "No receipt printer is noted" in run("printer", "--data", data).stdout
    assert not path.is_file() or path.read_bytes() == b"what was here"


def test_a_network_without_a_host_is_no_printer(run, data):
    done = run("printer", "--at", "network:", "--data", data)
    assert done.exit_code == 1
    assert "is no address of a printer" in done.stderr


def test_a_device_that_takes_all_is_noted(run, data):
    done = run("printer", "--at", "file:/dev/null", "--data", data)
    assert "file:/dev/null is ready" in done.stdout


@pytest.mark.parametrize("typed", ["", "n\n"])
def test_what_nobody_agrees_to_erase_is_not_erased_and_a_sentence_says_so(run, tmp_path, typed):
    done = run("erase", receipt_code(bytes(16)), "--data", tmp_path / "d", typed=typed)
    assert done.exit_code == 1
    assert "Nothing was changed." in done.output
    assert "Aborted" not in done.output
