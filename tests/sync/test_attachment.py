"""Attachments sealed as streams, and kept on the device with their contribution or not at all."""

import errno
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import batch
from sync.attachment import LARGEST_ATTACHMENT, MOST_ATTACHMENTS, Attached, Attachment
from sync.batch import Enclosed
from sync.contribution import Contribution
from sync.device import Device
from sync.envelope import OpenedSession, Opener, SealingSession, attachment_key
from sync.errors import ForgedAttachment, MalformedBatch, MalformedContribution, NotKept
from sync.stream import LARGEST_STREAM, PIECE_BYTES, Stream, open_stream, sealed_size
from tests.sync.given import (
    CONSULTATION,
    DEVICE,
    DEVICE_ID,
    DEVICE_KEY,
    GUARANTOR,
    MOMENT,
    acknowledged,
    enrolled_device,
    said,
    section,
)

KEY = bytes(range(32))
PHOTO = Attachment("arbre.jpg", b"\xff\xd8 les Tilleuls" * 9_000, "image/jpeg")
VOICE = Attachment("voix.ogg", b"OggS la place", "audio/ogg")


def session() -> SealingSession:
    return SealingSession.start(
        CONSULTATION.id, CONSULTATION.form_hash, DEVICE_ID, CONSULTATION.recipients
    )


def opened(one: SealingSession) -> OpenedSession:
    return Opener([GUARANTOR]).open_session(
        one.header, consultation=CONSULTATION.id, device_key_id=DEVICE_ID
    )


def enclosing(*attachments: Attachment) -> Contribution:
    return replace(said("arbre.jpg"), attachments=tuple(map(Attached.of, attachments)))


@given(st.integers(0, 3 * PIECE_BYTES + 2))
@settings(max_examples=40, deadline=None)
def test_a_stream_of_any_length_opens_to_what_was_sealed(size: int) -> None:
    content = (b"Tilleuls " * (size // 9 + 1))[:size]
    sealed = b"".join(Stream(KEY, content).pieces())
    assert len(sealed) == sealed_size(size)
    assert open_stream(KEY, sealed, Attached.of(Attachment("a", content, "a/b"))) == content


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, 2 * PIECE_BYTES])
def test_a_stream_cut_or_lengthened_or_changed_anywhere_is_refused(size: int) -> None:
    attached = Attached.of(Attachment("a", bytes(size), "a/b"))
    sealed = b"".join(Stream(KEY, bytes(size)).pieces())
    spoiled = [sealed[:-1], sealed + b"\0", sealed[:-16], b"", sealed[PIECE_BYTES + 16 :] + b"x"]
    for at in (0, len(sealed) // 2, len(sealed) - 1):
        spoiled.append(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])
    for one in spoiled:
        with pytest.raises(ForgedAttachment):
            open_stream(KEY, one, attached)


def test_the_pieces_of_a_stream_cannot_change_places() -> None:
    attached = Attached.of(Attachment("a", bytes(3 * PIECE_BYTES), "a/b"))
    first, second, third = Stream(KEY, bytes(3 * PIECE_BYTES)).pieces()
    for order in ((second, first, third), (first, first, third), (third, second, first)):
        with pytest.raises(ForgedAttachment):
            open_stream(KEY, b"".join(order), attached)


def test_a_stream_that_holds_another_file_than_the_contribution_names_is_refused() -> None:
    sealed = b"".join(Stream(KEY, b"one").pieces())
    with pytest.raises(ForgedAttachment):
        open_stream(KEY, sealed, Attached.of(Attachment("a", b"two", "a/b")))


def test_what_fills_a_stream_up_says_nothing() -> None:
    content = bytes(1000)
    filled = b"".join(Stream(KEY, content + b"\x01" * 24).pieces())
    with pytest.raises(ForgedAttachment):
        open_stream(KEY, filled, Attached.of(Attachment("a", content, "a/b")))


def test_attachments_open_with_the_contribution_that_names_them() -> None:
    one = session()
    one.seal(said("rien"))
    sealed = one.seal(enclosing(PHOTO, VOICE), (PHOTO, VOICE))
    reader = opened(one)
    said_of = reader.open(sealed.record).contribution.attachments
    streams = [b"".join(stream.pieces()) for stream in sealed.streams]
    assert [
        reader.open_attachment(1, place, streams[place], said_of[place]) for place in (0, 1)
    ] == [PHOTO.content, VOICE.content]
    with pytest.raises(ForgedAttachment):
        reader.open_attachment(1, 1, streams[0], said_of[0])
    assert b"Tilleuls" not in b"".join(streams)
    assert "Tilleuls" not in repr(sealed)


def test_what_opens_an_attachment_is_gone_from_the_session_once_it_is_sealed() -> None:
    one = session()
    link = one._chain
    one.seal(enclosing(PHOTO), (PHOTO,))
    held = repr(vars(one))
    assert repr(link) not in held
    assert repr(attachment_key(link, 0)) not in held


def test_a_contribution_that_names_other_files_than_are_attached_is_not_sealed() -> None:
    for named, attached in (((PHOTO,), ()), ((), (PHOTO,)), ((PHOTO, VOICE), (VOICE, PHOTO))):
        with pytest.raises(MalformedContribution, match="other files"):
            session().seal(enclosing(*named), attached)


def test_a_commitment_covers_the_attachments() -> None:
    leaves = enclosing(PHOTO, VOICE).leaves()
    assert [path for path, _ in leaves[:5]] == [
        "form",
        "language",
        "mode",
        "attachment",
        "attachment",
    ]
    assert Attached.of(PHOTO).sha256 in leaves[3][1]
    assert Contribution.from_json(enclosing(PHOTO).to_json()) == enclosing(PHOTO)


@pytest.mark.parametrize(
    "name", ["", "..", "../a", "a/b", "a\\b", ".hidden", "a\nb", "a:b", "a" * 201, "\ud800"]
)
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(MalformedContribution):
        enclosing(replace(PHOTO, name=name))


@pytest.mark.parametrize("kind", ["", "jpeg", "image/", "Image/JPEG", "image/jpeg; q=1"])
def test_a_media_type_that_is_none_is_refused(kind: str) -> None:
    with pytest.raises(MalformedContribution):
        enclosing(replace(PHOTO, media_type=kind))


def test_too_many_too_large_and_twice_the_same_name_are_refused() -> None:
    with pytest.raises(MalformedContribution, match="two have it"):
        enclosing(PHOTO, replace(VOICE, name="ARBRE.jpg"))
    with pytest.raises(MalformedContribution, match="More than"):
        enclosing(*(replace(VOICE, name=f"{n}.ogg") for n in range(MOST_ATTACHMENTS + 1)))
    with pytest.raises(MalformedContribution, match="larger"):
        replace(
            said("x"), attachments=(Attached("a", "0" * 64, LARGEST_ATTACHMENT + 1, "image/png"),)
        )


@pytest.mark.parametrize(
    "change",
    [
        (b'"attachments":[{', b'"attachments":[],"z":[{'),
        (b'"size":135000', b'"size":117000.0'),
        (b'"size":135000', b'"size":true'),
        (b'"type":"image/jpeg"', b'"type":null'),
        (b'"sha256":"', b'"sha256":"0'),
    ],
)
def test_anything_but_its_canonical_form_is_refused(change: tuple[bytes, bytes]) -> None:
    written = enclosing(PHOTO).to_json()
    changed = written.replace(*change)
    assert changed != written
    with pytest.raises(MalformedContribution):
        Contribution.from_json(changed)


# on the device


def names(directory: Path) -> set[str]:
    folder = directory / "attachments"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_a_device_keeps_attachments_sealed_and_its_batch_names_them(tmp_path: Path) -> None:
    with enrolled_device(tmp_path) as device:
        device.confirm(CONSULTATION.id, said("rien"))
        device.confirm(CONSULTATION.id, said("arbre.jpg", "voix.ogg"), (PHOTO, VOICE))
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        read = batch.read(outgoing.data, device.key.public_key())
        assert [(one.position, one.size) for one in read.enclosed] == [
            (1, sealed_size(len(PHOTO.content))),
            (1, sealed_size(len(VOICE.content))),
        ]
        assert {one.name for one in read.enclosed} == names(tmp_path)
        kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        assert b"Tilleuls" not in kept and b"OggS" not in kept and b"arbre.jpg" not in kept


def test_a_file_that_two_fields_refer_to_is_sealed_once(tmp_path: Path) -> None:
    with enrolled_device(tmp_path) as device:
        device.confirm(CONSULTATION.id, said("voix.ogg", "voix.ogg"), (VOICE, VOICE))
        assert len(names(tmp_path)) == 1


def test_attachments_survive_a_restart_and_strays_do_not(tmp_path: Path) -> None:
    with enrolled_device(tmp_path) as device:
        device.confirm(CONSULTATION.id, said("arbre.jpg"), (PHOTO,))
    kept = names(tmp_path)
    (tmp_path / "attachments" / "half.part").write_bytes(b"half")
    (tmp_path / "attachments" / ("0" * 64)).write_bytes(b"no transaction named it")
    with Device.open(tmp_path):
        assert names(tmp_path) == kept


def test_a_disk_that_does_not_take_an_attachment_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with enrolled_device(tmp_path) as device:
        with monkeypatch.context() as patched:
            patched.setattr("sync.stream_folder.os.fsync", full)
            with pytest.raises(NotKept):
                device.confirm(CONSULTATION.id, said("arbre.jpg"), (PHOTO,))
        assert device.outbox.counts().waiting == 0
        assert names(tmp_path) == set()
        device.confirm(CONSULTATION.id, said("arbre.jpg"), (PHOTO,))
        assert device.outbox.counts().waiting == 1


def test_a_database_that_does_not_take_the_contribution_keeps_no_attachment(
    tmp_path: Path,
) -> None:
    with enrolled_device(tmp_path) as device:
        device.outbox._connection.execute("DROP TABLE attachment")
        with pytest.raises(NotKept):
            device.confirm(CONSULTATION.id, said("arbre.jpg"), (PHOTO,))
        assert names(tmp_path) == set()
        assert device.outbox.counts().waiting == 0


def test_too_large_an_attachment_is_refused_before_anything_is_kept(tmp_path: Path) -> None:
    with enrolled_device(tmp_path) as device:
        huge = replace(PHOTO, content=bytes(LARGEST_ATTACHMENT + 1))
        with pytest.raises(MalformedContribution, match="larger"):
            device.confirm(CONSULTATION.id, said("arbre.jpg"), (huge,))
        assert names(tmp_path) == set()


def test_attachments_go_when_what_was_acknowledged_is_let_go_of(tmp_path: Path) -> None:
    with enrolled_device(tmp_path) as device:
        device.confirm(CONSULTATION.id, said("arbre.jpg"), (PHOTO,))
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        device.outbox.release(acknowledged(outgoing))
        assert len(names(tmp_path)) == 1
        device.outbox.let_go([outgoing.name])
        assert names(tmp_path) == set()


@pytest.mark.parametrize(
    "enclosed",
    [
        [(1, "a"), (0, "b")],  # out of order
        [(2, "a")],  # of a record that is not there
        [(0, "a"), (1, "a")],  # twice
        [(0, "a", LARGEST_STREAM + 1)],
    ],
)
def test_a_batch_that_names_attachments_wrongly_is_refused(
    enclosed: list[tuple[int, str, int] | tuple[int, str]],
) -> None:
    named = [Enclosed(one[0], one[1] * 64, *(one[2:] or (80,))) for one in enclosed]
    data = batch.build(
        device_key=DEVICE_KEY,
        consultation=CONSULTATION.id,
        sequence=0,
        previous=batch.NO_BATCH,
        formed=MOMENT,
        sections=[section("one", "two")],
        enclosed=named,
    )
    with pytest.raises(MalformedBatch):
        batch.read(data, DEVICE)
