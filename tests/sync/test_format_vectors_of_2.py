"""What version 2 adds in `docs/format-vectors.json`, against the code, both ways."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from sync import acknowledgement, batch
from sync import consultation as packages
from sync.batch import Batch
from sync.contribution import Contribution, commitment, contribution_id, leaf_hash
from sync.documents import read_document
from sync.envelope import (
    Opener,
    SessionHeader,
    associated_data,
    first_link,
    pad,
    session_info,
    step,
)
from sync.errors import SyncError
from sync.keys import RecipientKeys
from sync.padding import Padding
from sync.record_kind import RecordKind
from sync.redaction import read_redacted, redact
from sync.register import checkpoint
from sync.register.checkpoint import origin_of
from sync.terms import Epochs, Witness
from sync.wire import number
from tests.sync.test_format_vectors import (
    CONSULTATION,
    DEVICE,
    DEVICE_ID,
    DICTIONARY,
    FORM_HASH,
    ORGANISER,
    SERVER,
    X25519,
    X_WING,
    V,
    raw,
)

V2: dict[str, Any] = V["version_2"]
SAID = (RecordKind.CONTRIBUTION, RecordKind.BALLOT)
sessions = pytest.mark.parametrize(
    "vector", V2["sessions"], ids=lambda one: RecordKind(one["kind"]).name.lower()
)


def whole() -> Batch:
    return batch.read(raw(V2["batch"]["data"]), DEVICE.public_key())


def test_the_terms_of_the_package_are_read_and_written_to_the_same_manifest() -> None:
    data = raw(V2["package"])
    found = packages.read(data)
    assert found.epochs == Epochs(**V2["epochs"])
    assert [one.verifier_key for one in found.witnesses.named] == V2["witnesses"]["keys"]
    assert found.witnesses.named == tuple(map(Witness.parse, V2["witnesses"]["keys"]))
    assert found.witnesses.quorum == V2["witnesses"]["quorum"]
    assert found.former_keys_until == date.fromisoformat(V2["former_keys_until"])
    again = packages.publish(found, ORGANISER).data
    end = data.index(b"}", data.index(b'"witnesses":')) + 2
    assert again[12:end] == data[12:end]


@sessions
def test_a_session_of_each_kind_is_bound_and_sealed_to_the_same_bytes(
    vector: dict[str, Any],
) -> None:
    kind, session_id = vector["kind"], raw(vector["session_id"])
    info = session_info(CONSULTATION, raw(FORM_HASH), DICTIONARY.hash, DEVICE_ID, session_id, kind)
    assert info.hex() == vector["info"]
    link = first_link(raw(vector["secret"]), info)
    for one in vector["records"]:
        link, key, seed = step(link)
        assert (key.hex(), seed.hex()) == (one["key"], one["seed"])
        written = one["json"].encode()
        document = Contribution.from_json(written) if kind in SAID else read_document(kind, written)
        assert document.to_json() == written
        leaves = document.leaves()
        assert [list(leaf) for leaf in leaves] == one["leaves"]
        hashes = [leaf_hash(seed, place, leaf).hex() for place, leaf in enumerate(leaves)]
        assert hashes == one["leaf_hashes"]
        committed = commitment(document, seed)
        assert committed.hex() == one["commitment"]
        id_ = contribution_id(CONSULTATION, committed)
        assert id_.hex() == one["id"]
        bound = associated_data(CONSULTATION, id_, committed, session_id, one["index"], kind)
        assert bound.hex() == one["associated_data"]
        squeezed = raw(one["squeezed"])
        assert DICTIONARY.expand(squeezed) == written
        plaintext = pad(squeezed, Padding.PADME)
        ciphertext = ChaCha20Poly1305(key).encrypt(bytes(12), plaintext, bound)
        assert (committed + number(len(ciphertext)) + ciphertext).hex() == one["record"]


@sessions
@pytest.mark.parametrize("keys", [X_WING, X25519], ids=["X-Wing", "X25519"])
def test_each_recipient_opens_each_kind(vector: dict[str, Any], keys: RecipientKeys) -> None:
    session = Opener([keys], [DICTIONARY]).open_session(
        SessionHeader.from_bytes(raw(vector["header"])),
        consultation=CONSULTATION,
        device_key_id=DEVICE_ID,
        kind=vector["kind"],
    )
    [section] = [one for one in whole().sections if one.kind == vector["kind"]]
    for record, one in zip(section.records, vector["records"], strict=True):
        if vector["kind"] in SAID:
            opened = session.open(record)
            assert (opened.faithful, opened.contribution.to_json()) == (True, one["json"].encode())
        else:
            found = session.open_document(record)
            assert (found.faithful, found.document.to_json()) == (True, one["json"].encode())


def test_the_batch_is_read_and_built_to_the_same_bytes() -> None:
    found = whole()
    assert (found.version, found.name, found.sequence) == (
        2,
        V2["batch"]["name"],
        V2["batch"]["sequence"],
    )
    assert found.checkpoint.decode() == V2["batch"]["checkpoint"]
    point = checkpoint.read(found.checkpoint, origin_of(CONSULTATION), SERVER.public_key())
    assert point.size == 3
    assert [one.kind for one in found.sections] == [one["kind"] for one in V2["sessions"]]
    assert [one.data.hex() for one in found.records] == [
        one["record"] for session in V2["sessions"] for one in session["records"]
    ]
    again = batch.build(
        device_key=DEVICE,
        consultation=found.consultation,
        sequence=found.sequence,
        previous=found.previous,
        formed=found.formed,
        sections=found.sections,
        checkpoint=found.checkpoint,
        version=found.version,
    )
    assert again == found.data


def test_the_acknowledgement_is_read_and_made_to_the_same_bytes() -> None:
    vector = V2["acknowledgement"]
    data = raw(vector["data"])
    found = acknowledgement.read(data, SERVER.public_key())
    assert (found.version, found.published_by) == (2, vector["published_by"])
    assert found.batch == V2["batch"]["name"]
    assert [one.code for one in found.verdicts] == vector["verdicts"]
    assert acknowledgement.acknowledge_again(found, SERVER) == data


def test_what_is_left_of_the_batch_keeps_its_version_its_checkpoint_and_its_kinds() -> None:
    data, before = raw(V2["redacted"]), whole()
    gone = next(iter(before.records)).id
    assert redact(before, before.name, {gone}, [], SERVER) == data
    left = read_redacted(data, SERVER.public_key()).batch
    assert (left.version, left.checkpoint) == (2, before.checkpoint)
    assert [one.kind for one in left.sections] == [one.kind for one in before.sections]
    assert [one.id for one in left.records if not one.ciphertext] == [gone]


def test_no_flipped_byte_is_believed() -> None:
    data, word = raw(V2["batch"]["data"]), raw(V2["acknowledgement"]["data"])
    for at in range(0, len(data), 17):
        with pytest.raises(SyncError):
            batch.read(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], DEVICE.public_key())
    for at in range(len(word)):
        with pytest.raises(SyncError):
            changed = word[:at] + bytes([word[at] ^ 1]) + word[at + 1 :]
            acknowledgement.read(changed, SERVER.public_key())
