"""The desk: what it pulls, checks and names, and the table it writes."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import batch as batches
from sync.client.https import Uplink, sync_once
from sync.client.wire import NetworkTrouble
from sync.contribution import Contribution, Mode
from sync.desk.export import NothingToExport, export_csv, protected, unprotected
from sync.desk.findings import Kind
from sync.desk.notice import BadNotice, read_notice
from sync.desk.pull import OtherServer, pull
from sync.desk.sources import NotThere, ServerSource
from sync.desk.store import DeskStore
from sync.desk.store_tables import UnusableDeskStore
from sync.envelope import Sealed, SealingSession
from sync.server.doctor import Health, examine
from sync.server.files import DataDirectory
from tests.sync.town import Town


def three_batches(town: Town, url: str) -> None:
    with town.device(url=url) as device:
        for idea in ("un banc", "un arbre", "une fontaine"):
            town.confirm(device, idea)
            assert sync_once(device).complete


def stored(town: Town) -> list[Path]:
    files = DataDirectory(town.server_data)
    with town.service() as service:
        return [files.batch_path(name) for name in service.store.batch_names()]


def test_a_pull_that_breaks_off_goes_on_where_it_was(town: Town) -> None:
    class Breaking(ServerSource):
        left = 2

        def fetch(self, name: str) -> bytes:
            if not self.left:
                raise NetworkTrouble("The network is gone.")
            self.left -= 1
            return super().fetch(name)

    with town.serving() as url, town.desk() as desk:
        three_batches(town, url)
        broken = pull(Breaking(url, town.keys.organiser), desk, [town.keys.recipient])
        assert (broken.opened, broken.total, broken.trouble) == (2, 2, "The network is gone.")
        assert broken.findings == ()
        whole = town.pull(url, desk)
        assert (whole.batches, whole.opened, whole.total, whole.trouble) == (1, 1, 3, "")
        again = town.pull(url, desk)
        assert (again.batches, again.opened, again.total) == (0, 0, 3)


def test_an_altered_batch_is_named_and_stops_nothing_and_comes_in_once_restored(
    town: Town,
) -> None:
    with town.serving() as url, town.desk() as desk:
        three_batches(town, url)
        path = stored(town)[1]
        sound = path.read_bytes()
        path.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
        report = town.pull(url, desk)
        kinds = {finding.kind for finding in report.findings}
        assert (report.total, kinds) == (2, {Kind.MISSING})
        assert any("batch 1 has not arrived" in one.sentence for one in report.findings)

        with town.desk("other.sqlite") as other:  # from the folder itself it is seen to be altered
            report = town.pull(town.server_data, other)
            assert report.total == 2
            assert Kind.ALTERED in {finding.kind for finding in report.findings}

        path.write_bytes(sound)
        report = town.pull(url, desk)
        assert (report.opened, report.total, report.findings) == (1, 3, ())


def test_a_copy_of_the_servers_folder_is_enough_and_counts_nothing_twice(town: Town) -> None:
    with town.serving() as url, town.desk() as desk:
        three_batches(town, url)
        (town.server_data / "batches" / "holiday.jpg").write_bytes(b"not ours")
        report = town.pull(town.server_data, desk)
        assert (report.opened, report.total, report.findings) == (3, 3, ())
        report = town.pull(url, desk)
        assert (report.opened, report.total, report.findings) == (0, 3, ())


def test_a_batch_that_is_missing_between_two_is_named(town: Town) -> None:
    with town.serving() as url, town.desk() as desk:
        three_batches(town, url)
        stored(town)[1].unlink()
        report = town.pull(town.server_data, desk)
        assert report.total == 2
        gap, *registered = [finding.sentence for finding in report.findings]
        assert gap == "Device “mairie”: batch 1 has not arrived."
        assert all("of the register" in sentence for sentence in registered)


def test_a_record_sent_in_two_batches_counts_once(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        town.confirm(device, "un banc", "un arbre")
        whole = device.outbox.next_batch()
        assert whole is not None
        uplink = Uplink(device)
        uplink._wire.ask("PUT", f"/v1/batches/{whole.name}", whole.data, most=1 << 20)
        device.outbox.refuse(whole.name, "its answer was lost, and a proxy said 413 later")
        report = uplink.sync()
        uplink.close()
        assert (report.sent, report.left) == (2, 0)
        report = town.pull(url, desk)
        assert (report.opened, report.duplicates, report.total) == (2, 2, 2)
        with town.service() as service:
            counts = service.store.counts()
        assert (counts.batches, counts.records) == (3, 2)


def test_what_was_sealed_to_other_keys_is_named_and_the_rest_opens(
    town: Town, tmp_path: Path
) -> None:
    other = Town(tmp_path / "other")
    with town.serving() as url, town.desk() as desk:
        three_batches(town, url)
        report = pull(ServerSource(url, town.keys.organiser), desk, [other.keys.recipient])
        assert (report.opened, len(report.findings)) == (0, 3)
        assert {finding.kind for finding in report.findings} == {Kind.UNOPENABLE}
        report = town.pull(url, desk)  # with the right keys
        assert (report.opened, report.findings) == (3, ())


def test_a_device_that_lies_about_its_commitment_is_named_not_counted(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = SealingSession.seal

    def lie(self: SealingSession, *said: object) -> Sealed:
        monkeypatch.setattr("sync.envelope.commitment", lambda *_: b"\1" * 32)
        try:
            return seal(self, *said)  # type: ignore[arg-type]
        finally:
            monkeypatch.undo()

    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        monkeypatch.setattr(SealingSession, "seal", lie)
        town.confirm(device, "un banc")
        town.confirm(device, "un arbre")
        assert sync_once(device).complete
        report = town.pull(url, desk)
        assert report.total == 1
        assert [finding.kind for finding in report.findings] == [Kind.ALTERED]
        assert "commitment" in report.findings[0].sentence


def test_batches_vouched_for_by_another_server_are_refused(town: Town, tmp_path: Path) -> None:
    other = Town(tmp_path / "other")
    with town.serving() as url, town.desk() as desk, other.serving() as other_url:
        three_batches(town, url)
        town.pull(url, desk)
        three_batches(other, other_url)
        with pytest.raises(OtherServer, match="another server key"):
            town.pull(other.server_data, desk)


def test_a_batch_of_an_unknown_device_is_named(town: Town) -> None:
    with town.serving() as url, town.desk() as desk:
        three_batches(town, url)
        (town.server_data / "devices.json").unlink()
        report = town.pull(town.server_data, desk)
        assert report.total == 0
        assert {finding.kind for finding in report.findings} == {Kind.UNKNOWN_DEVICE}


def test_the_server_quarantines_the_same_id_with_other_bytes_and_keeps_both(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        town.confirm(device, "un banc")
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        read = batches.read(outgoing.data, device.key.public_key())
        assert sync_once(device).sent == 1
        [section] = read.sections
        from dataclasses import replace

        twisted = replace(section.records[0], ciphertext=bytes(80))
        forged = batches.build(
            device_key=device.key,
            consultation=read.consultation,
            sequence=1,
            previous=bytes.fromhex(read.name),
            formed=read.formed,
            sections=[replace(section, records=(twisted,))],
        )
        uplink = Uplink(device)
        answer = uplink._wire.ask(
            "PUT", f"/v1/batches/{batches.name_of(forged)}", forged, most=1 << 20
        )
        uplink.close()
        assert answer.status == 200
        with town.service() as service:
            counts = service.store.counts()
        assert (counts.records, counts.quarantined, counts.batches) == (1, 1, 2)
        report = town.pull(url, desk)
        assert (report.total, [one.kind for one in report.findings]) == (1, [Kind.UNOPENABLE])


def test_a_source_that_is_not_there_says_so(town: Town, tmp_path: Path) -> None:
    with town.desk() as desk:
        with pytest.raises(NetworkTrouble, match="cannot be reached"):
            town.pull("http://127.0.0.1:9", desk)
        with pytest.raises(NotThere):
            town.pull(tmp_path / "nowhere", desk)


def test_a_desk_store_that_is_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(UnusableDeskStore):
        DeskStore(path)


# the table


def table(town: Town, desk: DeskStore, **options: object) -> list[list[str]]:
    path = town.root / "out.csv"
    export_csv(desk, path, **options)  # type: ignore[arg-type]
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_the_table_has_a_row_per_contribution_and_a_column_per_question(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        town.confirm(device, "=1+1", "passage des Tilleuls; « là »\nau fond", "-3,5", "'=x", "'a")
        sync_once(device)
        town.pull(url, desk)
        heading, *rows = table(town, desk)
        assert heading[-2:] == ["idea", "budget"]
        assert heading[:4] == ["id", "received", "mode", "language"]
        assert {row[-2] for row in rows} == {
            "'=1+1",
            "passage des Tilleuls; « là »\nau fond",
            "-3,5",
            "''=x",
            "'a",
        }
        ids = [row[0] for row in rows]
        assert ids == sorted(ids)  # not even the table tells in which order people came
        assert {row[2] for row in rows} == {"self"}
        assert {len(row[1]) for row in rows} == {10}
        _, *rows = table(town, desk, exact=True)
        assert "=1+1" in [row[-2] for row in rows]
        heading, *_ = table(town, desk, labels=True)
        assert heading[-2:] == ["Votre idée (idea)", "Combien ? (budget)"]


@given(st.text(alphabet="'=+-@\t\r\n1,.a"))
def test_a_protected_text_comes_back_exactly(text: str) -> None:
    assert unprotected(protected(text)) == text


@given(st.text(alphabet="'=+-@\t\r\n1,.a"))
def test_no_protected_text_is_a_formula(text: str) -> None:
    cell = protected(text)
    assert cell[:1] not in tuple("=@\t\r\n＝")
    if cell[:1] in ("+", "-"):
        float(cell.replace(",", "."))


def test_an_empty_store_has_nothing_to_export(town: Town, tmp_path: Path) -> None:
    with town.desk() as desk:
        with pytest.raises(NothingToExport, match="Pull first"):
            export_csv(desk, tmp_path / "out.csv")
        desk.know(town.consultation)
        with pytest.raises(NothingToExport, match="La place"):
            export_csv(desk, tmp_path / "out.csv", consultation="nonsense")
    assert not (tmp_path / "out.csv").exists()


# notices


def test_a_notice_reads_the_same_from_json_and_from_markdown(tmp_path: Path) -> None:
    as_json, as_markdown = tmp_path / "n.json", tmp_path / "n.md"
    as_json.write_text(
        '{"title": {"fr": "La place"}, "organiser": {"fr": "Ville"}, "why": {"fr": "Pour voir."},'
        '"becomes": {"fr": "Un plan."}, "kept": {"fr": "Un an."}, "minutes": 4, "cards":'
        '[{"side": "for", "title": {"fr": "Ombre"}, "text": {"fr": "Il fait chaud."}}]}'
    )
    as_markdown.write_text(
        "# fr\n## title\nLa place\n## organiser\nVille\n## why\nPour voir.\n## becomes\nUn plan.\n"
        "## kept\nUn an.\n## for: Ombre\nIl fait chaud.\n## minutes\n4\n"
    )
    assert read_notice(as_json) == read_notice(as_markdown)
    assert read_notice(as_json).notice["fr"].cards[0].title == "Ombre"


def test_a_notice_keeps_what_only_looks_like_the_end_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "n.md"
    path.write_text("# fr\n## why\nPour voir.\u2028## une suite\x85# 2\n", "utf-8")
    assert read_notice(path).notice["fr"].why == "Pour voir.\u2028## une suite\x85# 2"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("n.json", "{", "no valid JSON"),
        ("n.json", "[]", "no topics"),
        ("n.json", '{"why": "Pour voir."}', "by language"),
        ("n.json", '{"cards": [{"side": "maybe"}]}', "side"),
        ("n.md", "Bonjour", "begin with a language"),
        ("n.md", "# fr\n## colour\nbleu", "colour"),
    ],
)
def test_a_notice_that_is_wrong_says_where(tmp_path: Path, name: str, text: str, says: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(BadNotice, match=says):
        read_notice(path)


def test_a_device_whose_data_were_copied_and_used_twice_is_named(town: Town) -> None:
    with town.serving() as url, town.desk() as desk:
        with town.device(url=url) as device:
            town.confirm(device, "avant")
            sync_once(device)
        shutil.copytree(town.root / "mairie", town.root / "copie")
        for name in ("mairie", "copie"):
            with town.device(name, url=url) as device:
                town.confirm(device, f"dit à {name}")
                assert sync_once(device).complete
        report = town.pull(url, desk)
        assert report.total == 3
        assert [one.kind for one in report.findings] == [Kind.FORKED]
        with town.service() as service:
            said = [one.sentence for one in examine(service) if one.health is Health.BAD]
        assert len(said) == 1
        assert "copied and is used twice" in said[0]


def test_paper_that_says_exactly_the_same_is_named_and_counted(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        held = device.consultation(town.consultation.id)
        for idea in ("un banc", "un banc", *["Des bancs à l'ombre des tilleuls"] * 2):
            said = Contribution(
                "place", "1", held.form_hash, Mode.PAPER, "fr", (("/data/idea", idea),)
            )
            device.confirm(held.id, said)
        town.confirm(device, "Des bancs à l'ombre des tilleuls")
        sync_once(device)
        report = town.pull(url, desk)
        assert report.total == 5
        [finding] = report.findings  # two people may well write “un banc”
        assert finding.kind is Kind.REPEATED
        assert finding.sentence.startswith("2 contributions transcribed from paper")
        assert len(town.pull(url, desk).findings) == 1
