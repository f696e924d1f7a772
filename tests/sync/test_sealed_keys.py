"""The organiser's keys under a passphrase, as they lie on the disk."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import sys
import unicodedata
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import sealed_keys
from sync.destruction import Destruction
from sync.errors import BadKey, BadPassphrase, DamagedKey, NoPassphrase, WrongPassphrase
from sync.key_directory import KeyDirectory
from sync.keys import RecipientKeys, Suite, recipient_text
from sync.private_keys import private_files
from sync.sealed_keys import Cost, KnownRoot, Lock, Root, SealedKey, is_sealed, normal
from sync.wire import number
from tests.sync.under_passphrase import CHEAP, PASSPHRASE, ROOT, root_of

KEYS = RecipientKeys(Suite.X25519, b"\x06" * 32, "Ville d’Aubeclaire")
SIGNING = Ed25519PrivateKey.from_private_bytes(b"\x03" * 32)
WHERE = Path("recipient.key")


@pytest.mark.parametrize("suite", list(Suite))
def test_a_sealed_key_opens_with_its_passphrase_alone(suite: Suite) -> None:
    keys = RecipientKeys(suite, b"\x07" * 32, "Ville")
    sealed = SealedKey.recipient(keys, ROOT)
    read = SealedKey.read(sealed.text, WHERE)
    assert read == sealed
    assert read.recipient_public == keys.public
    assert read.recipient_keys(read.lock.stretch(PASSPHRASE)) == keys
    with pytest.raises(WrongPassphrase):
        read.recipient_keys(read.lock.stretch(PASSPHRASE + "s"))
    assert keys.seed not in sealed.text
    assert keys.seed.hex().encode() not in sealed.text


def test_an_organisers_key_is_not_taken_for_a_recipients() -> None:
    sealed = SealedKey.organiser(SIGNING, ROOT)
    assert sealed.organiser_key(ROOT).private_bytes_raw() == SIGNING.private_bytes_raw()
    with pytest.raises(BadKey):
        sealed.recipient_keys(ROOT)
    with pytest.raises(BadKey):
        SealedKey.recipient(KEYS, ROOT).organiser_key(ROOT)


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.rstrip(),
        lambda text: b"\n" + text.replace(b"\n", b"  \n") + b"\n\n",
    ],
)
def test_line_endings_and_marks_of_an_editor_change_nothing(
    changed: Callable[[bytes], bytes],
) -> None:
    sealed = SealedKey.recipient(KEYS, ROOT)
    assert SealedKey.read(changed(sealed.text), WHERE) == sealed


def test_a_damaged_file_is_told_from_a_wrong_passphrase_wherever_a_bit_flipped() -> None:
    sealed = SealedKey.recipient(KEYS, ROOT)
    for at in range(len(sealed.text)):
        for bit in range(8):
            text = bytearray(sealed.text)
            text[at] ^= 1 << bit
            try:
                assert SealedKey.read(bytes(text), WHERE) == sealed
            except DamagedKey as error:
                assert "recipient.key is damaged" in str(error)
    for foreign in ("é", "\u037a", "\x00", "=", "-"):
        with pytest.raises(DamagedKey):
            SealedKey.read(sealed.text.replace(b"B", foreign.encode(), 2), WHERE)
    for end in range(0, len(sealed.text) - 26):
        with pytest.raises(DamagedKey):
            SealedKey.read(sealed.text[:end], WHERE)


def checked(data: bytes) -> bytes:
    """A file of this content that says of itself that it is whole."""
    body = b64encode(data + hashlib.sha256(data).digest())
    return b"-----BEGIN PARVIS SEALED KEY-----\n" + body + b"\n-----END PARVIS SEALED KEY-----\n"


def test_whatever_is_altered_on_purpose_never_opens() -> None:
    """Public half, label, cost and salts are sealed with the key: none can be exchanged."""
    sealed = SealedKey.recipient(KEYS, ROOT)
    header = sealed._header
    for at in range(len(header)):
        data = bytearray(header + sealed.sealed)
        data[at] ^= 1
        try:
            read = SealedKey.read(checked(bytes(data)), WHERE)
        except BadKey:
            continue
        if read.lock.cost == CHEAP:
            with pytest.raises((WrongPassphrase, BadKey)):
                read.recipient_keys(read.lock.stretch(PASSPHRASE))


@pytest.mark.parametrize(
    ("passes", "memory", "lanes"),
    [
        (1, 4 << 30, 1),  # 4 TB
        ((1 << 63) - 1, (1 << 63) - 1, (1 << 63) - 1),
        (1 << 40, 64, 1),
        (64, 1 << 20, 4),  # each within its bound, and half an hour together
        (1, 64, 1 << 20),
        (0, 64, 1),
        (1, 0, 0),
    ],
)
def test_a_hostile_key_file_exhausts_neither_memory_nor_patience(
    passes: int, memory: int, lanes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed_keys, "Argon2id", None)  # nothing is stretched to find out
    cheap = number(CHEAP.passes) + number(CHEAP.memory) + number(CHEAP.lanes)
    hostile = number(passes) + number(memory) + number(lanes)
    sealed = SealedKey.recipient(KEYS, ROOT)
    data = sealed._header.replace(cheap + ROOT.lock.salt, hostile + ROOT.lock.salt)
    with pytest.raises(BadKey, match=r"recipient\.key"):
        SealedKey.read(checked(data + sealed.sealed), WHERE)


def test_a_file_of_a_later_version_is_named_as_such() -> None:
    sealed = SealedKey.recipient(KEYS, ROOT)
    with pytest.raises(BadKey, match="later version"):
        SealedKey.read(checked(b"\x02" + sealed._header[1:] + sealed.sealed), WHERE)


def test_what_is_usual_costs_a_guess_a_quarter_of_a_gigabyte_and_can_be_read() -> None:
    assert sealed_keys.USUAL_COST.memory == 256 * 1024
    root = Root(Lock(sealed_keys.USUAL_COST, bytes(16)), bytes(32))
    assert SealedKey.read(SealedKey.recipient(KEYS, root).text, WHERE).lock == root.lock


def test_a_passphrase_is_the_same_however_a_keyboard_writes_it() -> None:
    said = "l'été à Nîmes"
    for one in (unicodedata.normalize("NFD", said), said.replace(" ", "\N{NO-BREAK SPACE}")):
        assert one != said
        assert ROOT.lock.stretch(one) == ROOT.lock.stretch(said)
    assert ROOT.lock.stretch("L'été à Nîmes") != ROOT.lock.stretch(said)
    assert normal(" two  spaces ") == " two  spaces "
    for refused in ("", "left\x1b[D", "a\tb", "a\x00b", "x" * 1025):
        with pytest.raises(BadPassphrase):
            normal(refused)


# --- the directory


class Never:
    """Nobody who is asked."""

    def root(self, sealed: SealedKey, path: Path) -> Root:
        raise AssertionError(f"asked for the passphrase of {path}")


def made(path: Path, root: Root | None = ROOT) -> KeyDirectory:
    return KeyDirectory.create(path, label="Ville", suite=Suite.X25519, root=root)


def seeds(keys: KeyDirectory) -> set[bytes]:
    return {keys.organiser.private_bytes_raw(), *(one.seed for one in keys.held)}


def assert_nowhere(folder: Path, secrets: set[bytes]) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for one in secrets:
                assert one not in content and one.hex().encode() not in content, path
                assert b64encode(one) not in content, path
            assert b"PRIVATE KEY" not in content and b"secret-key" not in content, path


def test_sealed_keys_are_read_back_and_their_public_halves_need_nobody(tmp_path: Path) -> None:
    keys = made(tmp_path / "keys")
    assert keys.protected
    opened = KeyDirectory.open(keys.path, Never())
    assert opened.public == keys.recipient.public
    assert opened.organiser_public == keys.organiser.public_key()
    assert opened.holds(opened.public)
    assert [one.public for one in keys.held] == list(opened.known())
    assert_nowhere(keys.path, seeds(keys))
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in private_files(keys.path))
    nobody = KeyDirectory.open(keys.path)
    for ask in (lambda: nobody.organiser, lambda: nobody.held, lambda: nobody.recipient):
        with pytest.raises(NoPassphrase, match=r"\.key is sealed under a passphrase"):
            ask()
    (keys.path / "recipient.pub").unlink()  # it stands in the sealed file, too
    assert KeyDirectory.open(keys.path).public.key == keys.public.key


def test_keys_that_are_renewed_or_put_back_are_sealed_as_the_others(tmp_path: Path) -> None:
    keys = made(tmp_path / "keys").renew().renew()
    assert len(keys.held) == 3
    assert not keys.in_plain()
    recipient = keys.recipient
    keys.remove(keys.public)
    away = KeyDirectory.open(keys.path, KnownRoot(ROOT))
    assert not away.holds(keys.public)
    assert is_sealed(away.put_back(recipient).read_bytes())
    again = KeyDirectory.open(keys.path, KnownRoot(ROOT))
    assert again.recipient == recipient
    assert_nowhere(keys.path, seeds(again))
    # Nobody who does not know the passphrase adds a key that its owner could not open.
    for other in (KnownRoot(root_of("another one")), None):
        with pytest.raises((WrongPassphrase, NoPassphrase)):
            KeyDirectory.open(keys.path, other).renew()
    assert KeyDirectory.open(keys.path, KnownRoot(ROOT)).held == again.held


def test_a_sealed_key_is_destroyed_as_one_in_plain(tmp_path: Path) -> None:
    keys = made(tmp_path / "keys").renew()
    former = keys.held[1]
    told = Destruction(former.public, datetime(2027, 6, 30, tzinfo=UTC), "Fin", ())
    place = keys.place_of(former.public)
    keys.destroy(former.public, told.sign(keys.organiser))
    assert not place.exists()
    left = KeyDirectory.open(keys.path, KnownRoot(ROOT))
    assert [one.key_id for one in left.destroyed] == [former.public.id]
    assert left.held == (keys.recipient,)


def test_plain_keys_are_sealed_changed_and_taken_out_again_the_same(tmp_path: Path) -> None:
    keys = made(tmp_path / "keys", None).renew()
    plain = {path: path.read_bytes() for path in private_files(keys.path)}
    before, other = seeds(keys), root_of("tout autre chose")
    sealed = keys.seal(ROOT)
    assert seeds(sealed) == before and not sealed.in_plain()
    assert_nowhere(keys.path, before)
    changed = sealed.seal(other)
    assert seeds(changed) == before
    with pytest.raises(WrongPassphrase):
        _ = KeyDirectory.open(keys.path, KnownRoot(ROOT)).organiser
    assert seeds(KeyDirectory.open(keys.path, KnownRoot(other))) == before
    changed.seal(None)
    assert {path: path.read_bytes() for path in private_files(keys.path)} == plain
    assert {path.name for path in keys.path.iterdir()} == {
        *("former", "organiser.key", "organiser.pub", "recipient.key", "recipient.pub")
    }


def test_what_lay_in_plain_is_overwritten_before_it_is_let_go(tmp_path: Path) -> None:
    keys = made(tmp_path / "keys", None)
    held = [path.open("rb") for path in private_files(keys.path)]  # the same place on the disk
    keys.seal(ROOT)
    for file in held:
        with file:
            content = file.read()
        assert content and not any(content)


def test_a_key_that_leads_elsewhere_by_a_link_is_not_sealed_beside_its_plain_self(
    tmp_path: Path,
) -> None:
    keys = made(tmp_path / "keys", None)
    (keys.path / "recipient.key").rename(tmp_path / "stick.key")
    (keys.path / "recipient.key").symlink_to(tmp_path / "stick.key")
    with pytest.raises(BadKey, match="is a link to"):
        keys.seal(ROOT)
    assert seeds(KeyDirectory.open(keys.path)) == seeds(keys)


def test_keys_changed_by_somebody_else_meanwhile_are_not_sealed_over(tmp_path: Path) -> None:
    keys = made(tmp_path / "keys", None)
    renewed = KeyDirectory.open(keys.path).renew()
    with pytest.raises(BadKey, match="changed meanwhile"):
        keys.seal(ROOT)
    assert seeds(KeyDirectory.open(keys.path)) == seeds(renewed)


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, ROOT), (ROOT, root_of("tout autre chose")), (ROOT, None)],
    ids=["protect", "change", "unprotect"],
)
def test_kill_9_at_every_step_leaves_every_key_good_and_none_in_plain_by_mistake(
    tmp_path: Path, before: Root | None, after: Root | None
) -> None:
    """A real kill, at each thing that is asked of the file system, one after the other."""
    reached = step = 0
    while True:
        folder = tmp_path / f"{step}"
        keys = made(folder, before).renew()
        expected = seeds(keys)
        if not killed_at(step, folder, lambda: keys.seal(after)):  # noqa: B023
            break
        # Whole already on the disk, wherever it lies, and before anything is mended.
        assert opened_anywhere(folder, before, after) >= expected
        fitting = [root for root in (before, after) if opens(folder, root)]
        assert len(fitting) == 1
        reached += fitting == [after]
        now = KeyDirectory.open(folder, KnownRoot(fitting[0]) if fitting[0] else None)
        assert seeds(now) == expected
        assert [one.public.key for one in now.held] == [one.public.key for one in keys.held]
        if fitting[0] is not None:
            assert_nowhere(folder, expected)
        assert {path.name for path in folder.iterdir()} == {
            *("former", "organiser.key", "organiser.pub", "recipient.key", "recipient.pub")
        }
        step += 1
    assert step > 20
    assert 0 < reached < step  # killed before it counted, and after


@pytest.mark.parametrize("root", [None, ROOT], ids=["plain", "sealed"])
def test_kill_9_at_every_step_of_renewing_and_putting_back_loses_no_key(
    tmp_path: Path, root: Root | None
) -> None:
    known = None if root is None else KnownRoot(root)

    def put_back(keys: KeyDirectory, gone: RecipientKeys) -> None:
        keys.remove(gone.public)
        keys.put_back(gone)

    def destroy(keys: KeyDirectory, gone: RecipientKeys) -> None:
        told = Destruction(gone.public, datetime(2027, 6, 30, tzinfo=UTC), "Fin", ())
        keys.destroy(gone.public, told.sign(keys.organiser))

    for name in ("renew", "put back", "destroy"):
        step = 0
        while True:
            folder = tmp_path / f"{name}{step}"
            keys = made(folder, root)
            recipient = keys.recipient
            work = {"renew": lambda keys, _: keys.renew(), "put back": put_back, "destroy": destroy}
            killed = killed_at(step, folder, lambda: work[name](keys, recipient))  # noqa: B023
            now = KeyDirectory.open(folder, known)
            if name == "renew":
                assert recipient in now.held
            else:
                assert now.held in ((), (recipient,))
            if name == "destroy" and now.destroyed and now.held:
                record = (folder / "destroyed" / f"{recipient.public.id.hex()}.json").read_bytes()
                now.destroy(recipient.public, record)
                assert KeyDirectory.open(folder, known).held == ()
            if root is not None:
                assert_nowhere(folder, seeds(now) | {recipient.seed})
            assert not list(folder.rglob("*.key*.part"))
            if not killed:
                break
            step += 1
        assert step > 3


def killed_at(step: int, folder: Path, work: Callable[[], object]) -> bool:
    """Do it in a child that is killed at its `step`th use of files in `folder`; whether it was."""
    child = os.fork()
    if child == 0:
        seen = 0

        def watch(event: str, given: tuple[object, ...]) -> None:
            nonlocal seen
            if event in ("open", "os.rename", "os.link", "os.remove", "os.rmdir", "os.mkdir") and (
                str(folder) in str(given[0])
            ):
                if seen == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                seen += 1

        outcome = 1
        try:
            sys.addaudithook(watch)
            work()
            outcome = 0
        finally:
            os._exit(outcome)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def opens(folder: Path, root: Root | None) -> bool:
    keys = KeyDirectory.open(folder, None if root is None else KnownRoot(root))
    try:
        return keys.protected == (root is not None) and bool(seeds(keys))
    except WrongPassphrase:
        return False


def opened_anywhere(folder: Path, *roots: Root | None) -> set[bytes]:
    """The private keys of every whole key file below a folder."""
    found = set()
    for path in folder.rglob("*"):
        text = path.read_bytes() if path.is_file() else b""
        if b"secret-key" in text:
            found.add(bytes.fromhex(text.split()[2].decode()))
        elif b"BEGIN PRIVATE KEY" in text:
            from sync.keys import read_signing_key

            found.add(read_signing_key(path).private_bytes_raw())
        elif is_sealed(text) and not path.name.endswith(".part"):
            sealed = SealedKey.read(text, path)
            for root in roots:
                if root is not None and sealed.opens_with(root):
                    found.add(sealed._secret(root))
    return found


def test_the_leftover_of_a_writer_that_was_killed_is_overwritten(tmp_path: Path) -> None:
    keys = made(tmp_path / "keys")
    left = keys.path / "recipient.keyab12.part"
    left.write_bytes(recipient_text(keys.recipient))
    with left.open("rb") as file:
        KeyDirectory.open(keys.path)
        assert not left.exists()
        assert not any(file.read())


def test_one_key_altered_among_others_is_named_as_altered(tmp_path: Path) -> None:
    from sync.desk.unlocking import Passphrases

    keys = made(tmp_path / "keys")
    place = keys.path / "recipient.key"
    sealed = SealedKey.read(place.read_bytes(), place)
    place.write_bytes(checked(sealed._header + bytes(48)))
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    opened = KeyDirectory.open(keys.path, Passphrases(tmp_path / "passphrase"))
    assert opened.organiser
    with pytest.raises(DamagedKey, match=r"recipient\.key was altered"):
        _ = opened.held


def test_a_cost_is_read_as_it_was_written() -> None:
    for cost in (Cost(1, 8, 1), Cost(4, 1 << 20, 16)):
        root = Root(Lock(cost, bytes(16)), bytes(32))
        assert SealedKey.read(SealedKey.organiser(SIGNING, root).text, WHERE).lock.cost == cost


def test_a_disk_without_hard_links_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_source: Path, _target: Path) -> None:  # as FAT answers
        raise PermissionError(1, "Operation not permitted")

    keys = made(tmp_path / "keys", None).renew()
    monkeypatch.setattr(os, "link", refused)
    assert seeds(keys.seal(ROOT)) == seeds(keys)
    assert_nowhere(keys.path, seeds(keys))


def test_a_disk_that_is_full_changes_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    keys = made(tmp_path / "keys", None).renew()
    child = os.fork()
    if child == 0:
        outcome = 1
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))  # no file grows beyond it
            with pytest.raises(BadKey, match="cannot be used for keys: File too large"):
                keys.seal(ROOT)
            outcome = 0
        finally:
            os._exit(outcome)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert seeds(KeyDirectory.open(keys.path)) == seeds(keys)
    assert not (keys.path / "replacing").exists()
    assert seeds(keys.seal(ROOT)) == seeds(keys)
