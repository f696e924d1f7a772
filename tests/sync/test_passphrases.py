"""The desk's commands with keys under a passphrase: at a terminal, from a file, with neither."""

from __future__ import annotations

import os
import subprocess
import unicodedata
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from sync.client.https import sync_once
from sync.desk.card_paper import read_sheet
from sync.desk.passphrases import read_passphrase
from sync.errors import BadPassphrase
from sync.key_directory import KeyDirectory
from sync.keys import Suite
from sync.private_keys import private_files
from sync.sealed_keys import KnownRoot, SealedKey, is_sealed
from sync.wire import number
from tests.sync.town import Town, ideas
from tests.sync.under_passphrase import CHEAP, PASSPHRASE, ROOT, Terminal, command, root_of, run

LOUD = "IN PLAIN: "


@pytest.fixture(autouse=True)
def without_an_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.delenv("PARVIS_PASSPHRASE_FILE", raising=False)


@pytest.fixture
def keys(tmp_path: Path) -> KeyDirectory:
    return KeyDirectory.create(tmp_path / "keys", label="Ville", suite=Suite.X25519, root=ROOT)


def written(path: Path, content: str | bytes = PASSPHRASE) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(0o600)
    return path


def sealed(folder: Path) -> list[bool]:
    return [is_sealed(path.read_bytes()) for path in private_files(folder)]


# --- at a terminal


def test_new_keys_ask_twice_and_show_nothing(tmp_path: Path) -> None:
    terminal = Terminal("keys", "new", "--out", tmp_path / "keys")
    terminal.answer("New passphrase: ", "court")
    terminal.wait_for("too easily guessed")
    terminal.answer("New passphrase: ", PASSPHRASE)
    terminal.answer("The same again: ", PASSPHRASE + "x")
    terminal.wait_for("The two differ")
    terminal.answer("New passphrase: ", PASSPHRASE)
    terminal.answer("The same again: ", unicodedata.normalize("NFD", PASSPHRASE))
    assert terminal.end() == 0, terminal.seen
    assert "cheval" not in terminal.seen
    assert LOUD not in terminal.seen
    assert sealed(tmp_path / "keys") == [True, True]
    place = tmp_path / "keys" / "organiser.key"
    root = SealedKey.read(place.read_bytes(), place).lock.stretch(PASSPHRASE)
    assert KeyDirectory.open(tmp_path / "keys", KnownRoot(root)).recipient


def test_no_passphrase_at_a_terminal_is_asked_about_and_said_loudly(tmp_path: Path) -> None:
    terminal = Terminal("keys", "new", "--out", tmp_path / "keys")
    terminal.answer("New passphrase: ", "")
    terminal.wait_for("leave the keys in plain on this disk?")
    terminal.type("n")
    terminal.answer("New passphrase: ", "")
    terminal.wait_for("leave the keys in plain on this disk?")
    terminal.type("y")
    assert terminal.end() == 0, terminal.seen
    assert LOUD in terminal.seen
    assert sealed(tmp_path / "keys") == [False, False]
    terminal = Terminal("keys", "new", "--out", tmp_path / "others", "--plain")
    assert terminal.end() == 0
    assert "New passphrase" not in terminal.seen
    assert LOUD in terminal.seen


def test_a_wrong_passphrase_is_told_and_asked_again_and_the_right_one_asked_for_once(
    keys: KeyDirectory, tmp_path: Path
) -> None:
    keys.renew().renew()  # four private keys
    split = ("keys", "split", "--keys", keys.path, "--of", "2", "--needed", "2", "--out")
    terminal = Terminal(*split, tmp_path / "cards")
    terminal.answer("Passphrase of ", "Cheval Agrafe Éclipse")
    terminal.wait_for("This passphrase does not open the key")
    terminal.answer("Passphrase of ", "\x1b[D" + PASSPHRASE)
    terminal.wait_for("holds a character that is none")
    terminal.answer("Passphrase of ", PASSPHRASE)
    assert terminal.end() == 0, terminal.seen
    assert terminal.seen.count("Passphrase of ") == 3
    assert "grafe" not in terminal.seen

    terminal = Terminal(*split, tmp_path / "more")
    for _ in range(3):
        terminal.answer("Passphrase of ", "tout autre chose")
    assert terminal.end() == 1
    assert "None of the 3 opened" in terminal.seen
    assert not (tmp_path / "more").exists()


def test_whoever_breaks_off_at_the_question_changes_nothing(keys: KeyDirectory) -> None:
    before = {path: path.read_bytes() for path in private_files(keys.path)}
    for typed in ("\x03", "\x04"):  # Ctrl-C, Ctrl-D
        terminal = Terminal("keys", "protect", "--keys", keys.path, "--change")
        terminal.answer("Passphrase of ", PASSPHRASE)
        terminal.answer("New passphrase: ", typed)
        assert terminal.end() == 1
        assert "nothing was changed" in terminal.seen
        assert "Traceback" not in terminal.seen
    assert {path: path.read_bytes() for path in private_files(keys.path)} == before


def test_keys_in_plain_are_sealed_changed_and_taken_out_by_command(tmp_path: Path) -> None:
    plain = KeyDirectory.create(tmp_path / "keys", suite=Suite.X25519).renew()
    protect = ("keys", "protect", "--keys", plain.path)
    terminal = Terminal(*protect)
    terminal.answer("New passphrase: ", PASSPHRASE)
    terminal.answer("The same again: ", PASSPHRASE)
    assert terminal.end() == 0, terminal.seen
    assert "3 private keys" in terminal.seen
    assert "flash one may not" in terminal.seen
    assert sealed(plain.path) == [True] * 3

    assert run(*protect).exit_code == 1
    assert "keys protect --change" in run(*protect).output
    terminal = Terminal(*protect, "--change")
    terminal.answer("Passphrase of ", PASSPHRASE)
    terminal.answer("New passphrase: ", "tout autre chose")
    terminal.answer("The same again: ", "tout autre chose")
    assert terminal.end() == 0, terminal.seen

    terminal = Terminal("keys", "unprotect", "--keys", plain.path)
    terminal.wait_for("[y/N]")
    terminal.type("y")
    terminal.answer("Passphrase of ", PASSPHRASE)
    terminal.wait_for("does not open")
    terminal.answer("Passphrase of ", "tout autre chose")
    assert terminal.end() == 0, terminal.seen
    assert LOUD in terminal.seen
    assert KeyDirectory.open(plain.path).held == plain.held


# --- without a terminal


def test_without_a_terminal_a_plain_key_is_made_and_said_loudly(tmp_path: Path) -> None:
    done = run("keys", "new", "--out", tmp_path / "keys")
    assert done.exit_code == 0
    assert LOUD in done.stderr
    assert f"keys protect --keys {tmp_path / 'keys'}" in done.stderr
    assert LOUD not in done.stdout
    assert sealed(tmp_path / "keys") == [False, False]
    renewed = run("keys", "renew", "--keys", tmp_path / "keys")
    assert renewed.exit_code == 0
    assert LOUD in renewed.stderr


def test_a_program_that_catches_what_is_said_is_never_kept_waiting_by_a_question(
    tmp_path: Path,
) -> None:
    """As `make demo` in a terminal: its commands read from there, and write elsewhere."""
    ours, theirs = os.openpty()
    done = subprocess.run(
        command("keys", "new", "--out", tmp_path / "keys"),
        stdin=theirs, capture_output=True, text=True, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 0
    assert LOUD in done.stderr
    assert sealed(tmp_path / "keys") == [False, False]


def test_a_label_too_long_to_be_read_back_is_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    file = written(tmp_path / "passphrase")
    new = ("keys", "new", "--out", tmp_path / "keys", "--passphrase-file", file, "--label")
    refused = run(*new, "é" * 3000)
    assert refused.exit_code == 1
    assert "Shorten it" in refused.output
    assert run(*new, "é" * 2000).exit_code == 0
    assert KeyDirectory.open(tmp_path / "keys").public.label == "é" * 2000


def test_a_file_seals_new_keys_and_opens_them_and_so_does_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, folder = written(tmp_path / "passphrase"), tmp_path / "keys"
    done = run("keys", "new", "--out", folder, "--passphrase-file", file)
    assert done.exit_code == 0, done.output
    assert done.stderr == ""
    assert sealed(folder) == [True, True]
    listed = run("keys", "list", "--keys", folder)
    assert listed.exit_code == 0  # nothing secret is needed for it
    assert "under a passphrase" in listed.output
    refused = run("keys", "renew", "--keys", folder)
    assert refused.exit_code == 1
    assert "there is no terminal to ask for it. Give --passphrase-file" in refused.output
    assert run("keys", "renew", "--keys", folder, "--passphrase-file", file).exit_code == 0
    monkeypatch.setenv("PARVIS_PASSPHRASE_FILE", str(file))
    assert run("keys", "renew", "--keys", folder).exit_code == 0
    assert sealed(folder) == [True] * 4
    other = written(tmp_path / "other", "tout autre chose")
    wrong = run("keys", "renew", "--keys", folder, "--passphrase-file", other)
    assert wrong.exit_code == 1
    assert f"The passphrase in {other} does not open" in wrong.output
    assert sealed(folder) == [True] * 4
    changed = run("keys", "protect", "--keys", folder, "--change", "--new-passphrase-file", other)
    assert changed.exit_code == 0, changed.output
    assert run("keys", "renew", "--keys", folder, "--passphrase-file", other).exit_code == 0
    for typed in ("", "n\n"):  # nobody is there; or somebody says no
        left = run("keys", "unprotect", "--keys", folder, "--passphrase-file", other, typed=typed)
        assert (left.exit_code, "Nothing was changed." in left.stderr) == (1, True)
        assert "Aborted" not in left.output
        assert sealed(folder) == [True] * 5
    out = run("keys", "unprotect", "--keys", folder, "--yes", "--passphrase-file", other)
    assert out.exit_code == 0, out.output
    assert LOUD in out.stderr
    assert sealed(folder) == [False] * 5


@pytest.mark.parametrize(
    "content",
    [
        PASSPHRASE.encode() + b"\n",
        PASSPHRASE.encode() + b"\r\n",
        PASSPHRASE.encode() + b"\n\n",
        b"\xef\xbb\xbf" + PASSPHRASE.encode() + b"\r\n",
        unicodedata.normalize("NFD", PASSPHRASE).encode(),
        (PASSPHRASE + "\r\n").encode("utf-16"),  # as PowerShell writes
        b"\xfe\xff" + PASSPHRASE.encode("utf-16-be"),
    ],
)
def test_a_passphrase_file_is_the_same_however_an_editor_wrote_it(
    tmp_path: Path, keys: KeyDirectory, content: bytes
) -> None:
    file = written(tmp_path / "passphrase", content)
    done = run("keys", "renew", "--keys", keys.path, "--passphrase-file", file)
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\r\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (PASSPHRASE.encode("latin-1"), "no text in UTF-8"),
        (b"one\ntwo\n", "more than one line"),
        (b"x" * 3_000_000, "more than one line"),
        (b"\xff\xfea", "no text in UTF-8"),
    ],
)
def test_what_is_no_passphrase_file_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(BadPassphrase, match=said):
        read_passphrase(written(tmp_path / "passphrase", content))


def test_a_passphrase_may_hold_what_only_looks_like_the_end_of_a_line(tmp_path: Path) -> None:
    strange = "un\u2028deux\u0085trois quatre"
    assert read_passphrase(written(tmp_path / "passphrase", strange.encode() + b"\n")) == strange


def test_a_passphrase_file_that_is_missing_a_folder_or_read_by_others_is_named(
    tmp_path: Path, keys: KeyDirectory
) -> None:
    renew = ("keys", "renew", "--keys", keys.path, "--passphrase-file")
    missing = run(*renew, tmp_path / "none")
    assert missing.exit_code == 1
    assert "cannot be read: No such file" in missing.output
    assert run(*renew, tmp_path).exit_code == 2
    file = written(tmp_path / "passphrase")
    file.chmod(0o644)
    done = run(*renew, file)
    assert done.exit_code == 0
    assert f"chmod 600 {file}" in done.stderr


def test_new_keys_are_never_asked_for_where_they_cannot_go(keys: KeyDirectory) -> None:
    terminal = Terminal("keys", "new", "--out", keys.path)
    assert terminal.end() == 1
    assert "not empty" in terminal.seen
    assert "passphrase" not in terminal.seen


def test_a_hostile_key_file_is_refused_before_anybody_is_asked(keys: KeyDirectory) -> None:
    place = keys.path / "organiser.key"
    read = SealedKey.read(place.read_bytes(), place)
    cheap = number(CHEAP.passes) + number(CHEAP.memory) + number(CHEAP.lanes)
    data = read._header.replace(cheap, number(1) + number(4 << 30) + number(1)) + read.sealed
    body = b64encode(data + sha256(data).digest())
    place.write_bytes(
        b"-----BEGIN PARVIS SEALED KEY-----\n" + body + b"\n-----END PARVIS SEALED KEY-----\n"
    )
    terminal = Terminal("keys", "renew", "--keys", keys.path)
    assert terminal.end() == 1
    assert "4194304 MiB of memory" in terminal.seen
    assert "Passphrase of" not in terminal.seen


def test_keys_that_came_in_plain_join_the_others_under_their_passphrase(
    tmp_path: Path, keys: KeyDirectory
) -> None:
    recipient = keys.recipient
    keys.seal(None)
    backup = (keys.path / "recipient.key").read_bytes()
    KeyDirectory.open(keys.path).seal(ROOT)
    (keys.path / "recipient.key").write_bytes(backup)
    assert "in plain" in run("keys", "list", "--keys", keys.path).output
    file = written(tmp_path / "passphrase")
    done = run("keys", "protect", "--keys", keys.path, "--passphrase-file", file)
    assert done.exit_code == 0, done.output
    assert sealed(keys.path) == [True, True]
    assert KeyDirectory.open(keys.path, KnownRoot(ROOT)).recipient == recipient


def test_keys_of_two_passphrases_are_each_asked_for(keys: KeyDirectory, tmp_path: Path) -> None:
    """As where one file was restored from a backup of before the passphrase was changed."""
    former = (keys.path / "recipient.key").read_bytes()
    keys.seal(root_of("tout autre chose"))
    (keys.path / "recipient.key").write_bytes(former)
    split = ("keys", "split", "--keys", keys.path, "--of", "2", "--needed", "2", "--out")
    terminal = Terminal(*split, tmp_path / "cards")
    terminal.wait_for("recipient.key")
    terminal.answer(": ", PASSPHRASE)
    assert terminal.end() == 0, terminal.seen
    terminal = Terminal("keys", "protect", "--keys", keys.path, "--change")
    terminal.answer("organiser.key: ", "tout autre chose")
    terminal.answer("recipient.key: ", PASSPHRASE)
    terminal.answer("New passphrase: ", "une troisième phrase")
    terminal.answer("The same again: ", "une troisième phrase")
    assert terminal.end() == 0, terminal.seen
    assert sealed(keys.path) == [True, True]


# --- the whole round


def test_cards_pull_erase_and_destroy_work_with_sealed_keys(town: Town) -> None:
    file, store = written(town.root / "passphrase"), town.root / "desk.sqlite"
    given = ("--keys", town.keys.path, "--passphrase-file", file)
    secret = town.keys.recipient.seed
    assert run("keys", "protect", *given).exit_code == 0
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc", "une fontaine")
        assert sync_once(device).complete
        asked = run("pull", "--server", url, "--keys", town.keys.path, "--store", store)
        assert asked.exit_code == 1
        assert "is sealed under a passphrase" in asked.output
        pulled = run("pull", "--server", url, *given, "--store", store)
        assert pulled.exit_code == 0, pulled.output
    with town.desk() as desk:
        assert ideas(desk, town.consultation.id) == ["un banc", "une fontaine"]
    cards = town.root / "cards"
    done = run("keys", "split", *given, "--of", "2", "--needed", "2", "--out", cards)
    assert done.exit_code == 0, done.output
    sheets = sorted(cards.glob("*.txt"))
    typed = "".join(" ".join(read_sheet(one).words) + "\n" for one in sheets)
    # To rehearse, and to take the key off, the cards are enough.
    checked = run("keys", "join", "--keys", town.keys.path, "--check", *sheets)
    assert checked.exit_code == 0, checked.output
    removed = run("keys", "join", "--keys", town.keys.path, "--remove", typed=typed)
    assert removed.exit_code == 0, removed.output
    # To put it back the passphrase is wanted, and before the cards are typed.
    refused = run("keys", "join", "--keys", town.keys.path, typed=typed)
    assert refused.exit_code == 1
    assert "is sealed under a passphrase" in refused.output
    assert "Card 1" not in refused.output
    joined = run("keys", "join", *given, typed=typed)
    assert joined.exit_code == 0, joined.output
    assert LOUD not in joined.output
    assert sealed(town.keys.path) == [True, True]
    for path in town.keys.path.rglob("*"):
        assert not path.is_file() or secret.hex().encode() not in path.read_bytes()
    renewed = run("keys", "renew", *given)
    assert renewed.exit_code == 0, renewed.output
    destroy = ("keys", "destroy", town.keys.public.id.hex(), "--store", store, "--reason", "Fin",
               "--yes")  # fmt: skip
    refused = run(*destroy, "--keys", town.keys.path)
    assert refused.exit_code == 1
    assert len(private_files(town.keys.path)) == 3
    destroyed = run(*destroy, *given)
    assert destroyed.exit_code == 0, destroyed.output
    assert len(private_files(town.keys.path)) == 2


def test_ten_commands_at_once_each_renew_and_no_key_is_lost(
    tmp_path: Path, keys: KeyDirectory
) -> None:
    file = written(tmp_path / "passphrase")
    renew = command("keys", "renew", "--keys", keys.path, "--passphrase-file", file)
    started = [
        subprocess.Popen(renew, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        for _ in range(10)
    ]
    assert [process.wait() for process in started] == [0] * 10
    now = KeyDirectory.open(keys.path, KnownRoot(ROOT))
    assert len(now.held) == 11
    assert keys.recipient in now.held
    assert not now.in_plain()
