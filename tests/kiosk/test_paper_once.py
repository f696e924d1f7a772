"""A row of paper is sealed once, whatever happens to its table, its note and the process."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from kiosk.paper.errors import BadTable
from kiosk.transcription import BadTable as SameBadTable
from kiosk.transcription import write_rejected
from sync.device import Device, outbox_counts
from tests.kiosk.paper import ROOT, Desk, consultation
from tests.sync.killing import Child


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def ideas(desk):
    return sorted(one.get("idee", "") for one in desk.fields())


def rows(*ideas, head="idee,age"):
    return "\n".join([head, *(f"{one},34" for one in ideas)]) + "\n"


# --- the same table again -------------------------------------------------------------------------


def test_a_table_that_is_transcribed_twice_is_kept_once(desk):
    table = desk.table(rows("un", "deux"))
    first, again = desk.enter(table), desk.enter(table)
    assert (first.kept, first.before) == (2, 0)
    assert (again.kept, again.before, again.rejected) == (0, 2, ())
    assert ideas(desk) == ["deux", "un"]


def test_two_honest_equal_rows_of_one_table_stay_two(desk):
    table = desk.table(rows("un", "un", "un"))
    assert desk.enter(table).kept == 3
    assert desk.enter(table).before == 3
    assert ideas(desk) == ["un", "un", "un"]


def test_rows_put_in_moved_and_taken_out_between_runs_are_kept_once_each(desk):
    desk.enter(desk.table(rows("a", "b", "c", "d")))
    done = desk.enter(desk.table(rows("d", "nouveau", "a", "c", "autre")))
    assert ideas(desk) == ["a", "b", "c", "d", *(["autre"] if done.kept else [])] or done.rejected
    done = desk.enter(desk.table(rows("d", "nouveau", "a", "c", "autre")), as_new=True)
    assert done.rejected == ()
    assert ideas(desk) == sorted(["a", "b", "c", "d", "nouveau", "autre"])


def test_rows_moved_and_added_without_any_taken_out_are_new_only_where_they_are(desk):
    desk.enter(desk.table(rows("a", "b", "c")))
    done = desk.enter(desk.table(rows("c", "x", "a", "b", "y")))
    assert (done.kept, done.before, done.rejected) == (2, 3, ())
    assert ideas(desk) == ["a", "b", "c", "x", "y"]


def test_one_more_equal_row_is_one_more_person(desk):
    desk.enter(desk.table(rows("a", "b")))
    done = desk.enter(desk.table(rows("a", "a", "b")))
    assert (done.kept, done.before) == (1, 2)


def test_a_row_taken_out_and_others_added_behind_seals_those_alone(desk):
    desk.enter(desk.table(rows("a", "b", "c")))
    done = desk.enter(desk.table(rows("a", "c", "d", "e")))
    assert (done.kept, done.before, done.rejected) == (2, 2, ())


def test_a_changed_row_is_named_and_sealed_only_as_a_new_one(desk):
    desk.enter(desk.table(rows("a", "b", "c")))
    table = desk.table(rows("a", "B", "c", "d"))
    done = desk.enter(table)
    assert (done.kept, done.before) == (1, 2)
    ((line, cause),) = [(one.row.line, one.cause) for one in done.rejected]
    assert line == 3
    assert "--as-new" in cause
    assert ideas(desk) == ["a", "b", "c", "d"]
    assert desk.enter(table).rejected[0].row.line == 3  # and again, as long as nobody says so
    assert (desk.enter(table, as_new=True).kept, desk.enter(table).rejected) == (1, ())
    assert ideas(desk) == ["B", "a", "b", "c", "d"]


def test_a_bad_row_corrected_in_the_table_is_kept_then(desk):
    first = desk.enter(desk.table("idee,age\nun,12\ndeux,34\n"))
    assert (first.kept, len(first.rejected)) == (1, 1)
    again = desk.enter(desk.table("idee,age\nun,21\ndeux,34\n"))
    assert (again.kept, again.before, again.rejected) == (1, 1, ())


def test_columns_in_another_order_and_blanks_are_the_same_row(desk):
    desk.enter(desk.table("idee,age\nun banc,34\n"))
    assert desk.enter(desk.table("age,idee\n34 ,un  banc\n")).before == 1


def test_a_table_that_was_renamed_says_that_its_note_has_to_be_renamed_too(desk, tmp_path):
    desk.enter(desk.table(rows("a", "b")))
    other = tmp_path / "autre.csv"
    (tmp_path / "sheets.csv").rename(other)
    with pytest.raises(BadTable, match="was it renamed"):
        desk.enter(other)
    (tmp_path / "sheets.csv.kept").rename(tmp_path / "autre.csv.kept")
    assert desk.enter(other).before == 2


def test_a_copy_of_a_table_under_another_name_counts_nobody_twice(desk, tmp_path):
    table = desk.table(rows("un", "deux"))
    desk.enter(table)
    copy = tmp_path / "copie.csv"
    for content in (rows("un", "deux"), "age;idee\n34;un\n34;deux\n34;trois\n"):
        copy.write_text(content)
        with pytest.raises(BadTable, match=f"{table.name}.*--as-new"):
            desk.enter(copy)
    assert ideas(desk) == ["deux", "un"]
    assert desk.enter(copy, as_new=True).kept == 3
    assert ideas(desk) == ["deux", "deux", "trois", "un", "un"]


def test_another_days_table_that_shares_some_rows_is_another_table(desk, tmp_path):
    desk.enter(desk.table(rows("oui", "non", "oui")))
    other = tmp_path / "mardi.csv"
    other.write_text(rows("oui", "oui", "non"))
    assert desk.enter(other).kept == 3


def test_a_table_that_was_moved_with_its_note_goes_on(desk, tmp_path):
    desk.enter(desk.table(rows("a", "b")))
    folder = tmp_path / "clé"
    folder.mkdir()
    for name in ("sheets.csv", "sheets.csv.kept"):
        shutil.move(tmp_path / name, folder / name)
    assert desk.enter(folder / "sheets.csv").before == 2
    (folder / "sheets.csv.kept").rename(folder / "note")
    assert desk.enter(folder / "sheets.csv", kept=folder / "note").before == 2


def test_what_was_sent_and_let_go_of_is_not_sealed_again(desk):
    table = desk.table(rows("a", "b"))
    desk.enter(table)
    with Device.open(desk.data) as device:
        device.outbox._database.execute(
            "UPDATE contribution SET state = 'released', ciphertext = NULL, commitment = NULL,"
            " session = NULL, place = NULL"
        )
        device.outbox._database.conn.commit()
    assert desk.enter(table).before == 2
    assert outbox_counts(desk.data).waiting == 0


def test_what_was_erased_on_request_does_not_come_back_from_the_table(desk):
    table = desk.table(rows("a"))
    desk.enter(table)
    with Device.open(desk.data) as device:
        device.outbox.erase((b"\x00" * 16, b"\xff" * 16))
    assert (desk.enter(table).kept, desk.enter(table).before) == (0, 1)
    assert outbox_counts(desk.data).waiting == 0


# --- the note beside the table --------------------------------------------------------------------


def test_the_note_holds_no_answer_and_is_for_its_user_alone(desk):
    desk.enter(desk.table(rows("un banc public")))
    note = desk.folder / "sheets.csv.kept"
    assert b"banc" not in note.read_bytes()
    assert note.stat().st_mode & 0o777 == 0o600
    head, row = [json.loads(line) for line in note.read_text().splitlines()]
    assert head["consultation"] == consultation().id
    assert len(row["row"]) == 64


def test_a_folder_that_cannot_be_written_refuses_before_anything_is_sealed(desk, tmp_path):
    table = desk.table(rows("a"))
    (tmp_path / "sheets.csv.kept").mkdir()
    with pytest.raises(BadTable, match="cannot be"):
        desk.enter(table)
    assert outbox_counts(desk.data).waiting == 0
    assert desk.enter(table, kept=tmp_path / "note").kept == 1


def mount(place, *options):
    """A small disk of its own, where this user may have one."""
    words = ["mount", "-t", "tmpfs", *options, "tmpfs", place]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("needs root: a disk of its own")


def test_a_full_disk_refuses_before_anything_is_sealed(desk, tmp_path):
    stick = tmp_path / "stick"
    stick.mkdir()
    mount(stick, "-o", "size=16k")
    try:
        table = desk.table(rows(*"abcdefgh"), "stick/sheets.csv")
        (stick / "filling").write_bytes(bytes(12288))
        with pytest.raises(BadTable, match="nothing was kept"):
            desk.enter(table)
        assert outbox_counts(desk.data).waiting == 0
        (stick / "filling").unlink()
        assert desk.enter(table).kept == 8
    finally:
        subprocess.run(["umount", stick], check=True)


def test_a_stick_that_cannot_be_written_refuses_and_another_place_for_the_note_helps(
    desk, tmp_path
):
    stick = tmp_path / "stick"
    stick.mkdir()
    mount(stick)
    try:
        table = desk.table(rows("a"), "stick/sheets.csv")
        subprocess.run(["mount", "-o", "remount,ro", stick], check=True)
        with pytest.raises(BadTable, match="--kept"):
            desk.enter(table)
        assert desk.enter(table, kept=tmp_path / "note").kept == 1
        assert desk.enter(table, kept=tmp_path / "note").before == 1
    finally:
        subprocess.run(["umount", stick], check=True)


@pytest.mark.parametrize("content", ["", "{", "[]\n", '{"parvis": "kept"}\n', "\xff"])
def test_a_damaged_note_is_named_and_nothing_is_sealed(desk, content):
    table = desk.table(rows("a"))
    desk.enter(table)
    (desk.folder / "sheets.csv.kept").write_bytes(content.encode("latin-1"))
    with pytest.raises(BadTable):
        desk.enter(table)
    assert ideas(desk) == ["a"]


def test_a_table_begun_at_another_device_goes_on_there(desk, tmp_path):
    desk.enter(desk.table(rows("a")))
    other = Desk(tmp_path / "other")
    with pytest.raises(BadTable, match="another device"):
        other.enter(tmp_path / "sheets.csv")
    assert outbox_counts(other.data).waiting == 0


def test_two_who_transcribe_one_table_at_once_keep_each_row_once(desk, tmp_path):
    table = desk.table(rows(*(f"idée {n}" for n in range(60))))
    words = [sys.executable, "-m", "kiosk", "transcribe", consultation().id, str(table)]
    running = [
        subprocess.Popen([*words, "--data", str(desk.data)], cwd=ROOT, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for one in running:
        one.communicate()
    assert desk.enter(table).kept == 0
    assert len(ideas(desk)) == len(set(ideas(desk))) == 60


# --- numbered sheets ------------------------------------------------------------------------------


def test_a_sheet_is_kept_once_from_whatever_table(desk):
    assert desk.enter(desk.table("sheet,idee,age\n57,un,34\n58,un,34\n")).kept == 2
    done = desk.enter(desk.table("feuille;idee;age\n057;un;34\n59;un;34\n", "autre.csv"))
    assert (done.kept, done.before, len(done.taken)) == (1, 1, 1)
    assert len(ideas(desk)) == 3


def test_a_sheet_is_kept_once_although_the_note_is_gone(desk):
    table = desk.table("sheet,idee,age\n57,un,34\n,deux,34\n")
    desk.enter(table)
    (desk.folder / "sheets.csv.kept").unlink()
    done = desk.enter(table)
    assert [one.line for one in done.taken] == [2]
    assert done.before == 1


def test_a_changed_sheet_is_named_and_sealed_only_as_a_new_one(desk):
    desk.enter(desk.table("sheet,idee,age\n57,un,34\n58,deux,34\n"))
    table = desk.table("sheet,idee,age\n58,deux,34\n57,UN,34\n")
    done = desk.enter(table)
    assert (done.kept, done.before) == (0, 1)
    assert "sheet 57" in done.rejected[0].cause
    assert desk.enter(table, as_new=True).kept == 1
    assert (desk.enter(table, as_new=True).kept, desk.enter(table).before) == (0, 2)
    assert ideas(desk) == ["UN", "deux", "un"]


def test_a_number_that_two_rows_of_a_table_have_is_named(desk):
    table = desk.table("sheet,idee,age\n57,un,34\n57.0,deux,34\n")
    done = desk.enter(table)
    assert done.kept == 1
    assert "line 2" in done.rejected[0].cause
    assert desk.enter(table).kept == 0
    assert desk.enter(table, as_new=True).kept == 1
    assert ideas(desk) == ["deux", "un"]


def test_a_row_without_a_number_among_numbered_ones_is_known_by_the_note(desk):
    table = desk.table("sheet,idee,age\n57,un,34\n,deux,34\n")
    assert (desk.enter(table).kept, desk.enter(table).before) == (2, 2)


def test_the_column_of_the_numbers_may_have_another_name(desk):
    table = desk.table("bulletin,idee,age\n57,un,34\n")
    assert desk.enter(table, sheet="bulletin").kept == 1
    with pytest.raises(BadTable, match="question of this form"):
        desk.enter(desk.table("idee,age\nun,34\n", "b.csv"), sheet="idee")


def test_a_number_on_the_device_does_not_lie_there_in_clear(desk):
    desk.enter(desk.table("sheet,idee,age\nfeuille-rare-57,un,34\n"))
    for path in desk.data.rglob("*"):
        assert path.is_dir() or b"feuille-rare-57" not in path.read_bytes()


# --- rejected rows in their turn ------------------------------------------------------------------


def test_rejected_rows_go_round_until_all_are_kept_and_none_twice(desk):
    table = desk.table("idee,age\nun,34\ndeux,12\ntrois,13\n")
    done = desk.enter(table)
    bad = desk.folder / "bad.csv"
    write_rejected(bad, done.rejected)
    bad.write_text(bad.read_text("utf-8-sig").replace(",12", ",21"), "utf-8-sig")
    done = desk.enter(bad)
    assert (done.kept, len(done.rejected)) == (1, 1)
    write_rejected(bad, done.rejected)  # over itself
    bad.write_text(bad.read_text("utf-8-sig").replace(",13", ",31"), "utf-8-sig")
    done = desk.enter(bad)
    assert (done.kept, done.rejected) == (1, ())
    assert ideas(desk) == ["deux", "trois", "un"]


@pytest.mark.parametrize("name", ["sheets.csv", "other.csv", "sheets.csv.kept", "letter.txt"])
def test_rejected_rows_are_written_over_nothing_but_such_a_list(desk, name):
    table = desk.table("idee,age\nun,34\ndeux,12\n")
    desk.enter(table)
    desk.table("idee,age\ntrois,34\n", "other.csv")
    desk.table("Madame,\n\nline,cause\n", "letter.txt")
    before = {path.name: path.read_bytes() for path in desk.folder.iterdir() if path.is_file()}
    done = desk.transcribe(table, "--rejected", desk.folder / name)
    assert (done.returncode, "would be lost" in done.stderr) == (1, True)
    after = {path.name: path.read_bytes() for path in desk.folder.iterdir() if path.is_file()}
    assert after == before
    for _ in range(2):  # the second time over such a list
        done = desk.transcribe(table, "--rejected", desk.folder / "bad.csv")
        assert done.stdout.startswith("0 kept and sealed, 1 kept before, 1 not kept.")
    bad = desk.folder / "bad.csv"
    again = desk.transcribe(bad, "--rejected", bad)
    assert again.stdout.startswith("0 kept and sealed, 1 not kept.")
    assert ideas(desk) == ["un"]


def test_errors_have_one_name():
    assert BadTable is SameBadTable


# --- killed ---------------------------------------------------------------------------------------

STEPS = frozenset(
    {"fsync", "replace", "execute", "executemany", "write", "open", "flock", "fchmod", "digest"}
)


def die_at(number):
    """Kill this process when it calls something that lasts for the so-manieth time."""
    left = number

    def look(frame, event, argument):
        nonlocal left
        if event == "c_call" and argument.__name__ in STEPS:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(look)


def test_killed_at_every_step_and_run_again_each_row_is_kept_once(tmp_path):
    step, survived = 0, False
    while not survived:
        desk = Desk(tmp_path / f"{step}")
        table = desk.table("sheet,idee,age\n,un,34\n7,deux,34\n,un,34\n")

        def work(desk=desk, table=table, step=step):
            die_at(step)
            desk.enter(table)

        survived = Child(work).end() == 0
        desk.enter(table)
        assert desk.enter(table).kept == 0
        assert ideas(desk) == ["deux", "un", "un"], step
        step += 11 if step > 60 else 5
    assert step > 30


def started(desk, table):
    words = [sys.executable, "-m", "kiosk", "transcribe", consultation().id, str(table)]
    return subprocess.Popen(
        [*words, "--data", str(desk.data)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(desk, waiting, running):
    while outbox_counts(desk.data).waiting < waiting and running.poll() is None:
        time.sleep(0.01)


def test_300_rows_killed_once_and_run_twice_are_300(desk):
    table = desk.table(rows(*(f"idée {n % 100}" for n in range(300))))
    running = started(desk, table)
    wait_for(desk, 40, running)
    running.kill()
    running.communicate()
    assert 0 < outbox_counts(desk.data).waiting < 300
    assert desk.transcribe(table).returncode == 0
    last = desk.transcribe(table)
    assert last.stdout == "0 kept and sealed, 300 kept before, 0 not kept.\n"
    assert outbox_counts(desk.data).waiting == 300


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_it_is_told_how_many_are_kept_and_how_to_go_on(desk, number):
    table = desk.table(rows(*(f"idée {n}" for n in range(300))))
    running = started(desk, table)
    wait_for(desk, 20, running)
    running.send_signal(number)
    said, told = running.communicate()
    kept = outbox_counts(desk.data).waiting
    assert said == f"{kept} kept and sealed, 0 not kept.\n"
    assert f"{300 - kept} rows" in told
    assert "Run the same command again" in told
    assert "Traceback" not in told
    assert running.returncode == 1
    assert desk.transcribe(table).returncode == 0
    assert outbox_counts(desk.data).waiting == 300
