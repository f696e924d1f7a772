import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from kiosk.errors import DeviceError
from kiosk.people import accounts as module
from kiosk.people.accounts import Account, Accounts, MustWaitError, Role, WrongPinError
from tests.kiosk.hall import Seconds

DIGITS = st.text("0123456789", min_size=4, max_size=12).filter(
    lambda pin: not module.easily_guessed(pin)
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "device.sqlite"


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def accounts(path, seconds):
    database = Database(path)
    yield Accounts(database, seconds)
    database.close()


def wrong(accounts, times, name="Samia"):
    for _ in range(times):
        with pytest.raises(WrongPinError):
            accounts.sign_in(name, "0000")


def test_the_right_pin_signs_in_with_the_accounts_role(accounts):
    accounts.add("Samia", Role.MEDIATOR, "4731")
    accounts.add("Marc", Role.STEWARD, "9056")
    assert accounts.sign_in("Samia", "4731") == Account("Samia", Role.MEDIATOR)
    assert accounts.sign_in("Marc", "9056") == Account("Marc", Role.STEWARD)
    assert [one.name for one in accounts.all()] == ["Marc", "Samia"]


def test_a_pin_is_kept_as_argon2id_with_a_salt_of_its_own(accounts, path):
    accounts.add("Samia", Role.MEDIATOR, "473157")
    accounts.add("Marc", Role.MEDIATOR, "473157")
    rows = list(accounts._table.rows)
    assert len({row["salt"] for row in rows}) == len({row["pin"] for row in rows}) == 2
    assert all(len(row["salt"]) == 16 and len(row["pin"]) == 32 for row in rows)
    files = b"".join(one.read_bytes() for one in path.parent.glob("device.sqlite*"))
    assert b"473157" not in files
    # At least what OWASP asks of Argon2id: 19 MiB, two passes.
    assert module._MEMORY_KIB >= 19 * 1024
    assert module._ITERATIONS >= 2


def test_after_three_wrong_pins_each_wait_is_twice_the_one_before(accounts, seconds):
    accounts.add("Samia", Role.MEDIATOR, "4731")
    wrong(accounts, 3)
    waits = []
    for _ in range(4):
        with pytest.raises(MustWaitError) as wait:
            accounts.sign_in("Samia", "4731")
        waits.append(wait.value.seconds)
        seconds.now += wait.value.seconds
        wrong(accounts, 1)
    assert waits == [6, 11, 21, 41]


def test_the_right_pin_is_not_looked_at_while_there_is_a_wait_and_works_after_it(accounts, seconds):
    accounts.add("Samia", Role.MEDIATOR, "4731")
    wrong(accounts, 3)
    with pytest.raises(MustWaitError, match="Wait 6 seconds"):
        accounts.sign_in("Samia", "4731")
    seconds.now += 5
    assert accounts.sign_in("Samia", "4731").name == "Samia"
    wrong(accounts, 2)
    assert accounts.sign_in("Samia", "4731").name == "Samia"


def test_tries_and_waits_outlive_a_restart(path, seconds):
    for _ in range(3):
        database = Database(path)
        accounts = Accounts(database, seconds)
        if not accounts.all():
            accounts.add("Samia", Role.MEDIATOR, "4731")
        wrong(accounts, 1)
        database.close()
    database = Database(path)
    with pytest.raises(MustWaitError):
        Accounts(database, seconds).sign_in("Samia", "4731")
    database.close()


def test_the_wait_never_grows_beyond_an_hour(accounts, seconds):
    accounts.add("Samia", Role.MEDIATOR, "4731")
    accounts._table.update("Samia", {"wrong": 500, "wait_until": 0.0})
    wrong(accounts, 1)
    with pytest.raises(MustWaitError) as wait:
        accounts.sign_in("Samia", "4731")
    assert 3600 <= wait.value.seconds <= 3601


def test_a_clock_set_back_makes_nobody_wait_longer_than_an_hour(accounts, seconds):
    accounts.add("Samia", Role.MEDIATOR, "4731")
    wrong(accounts, 3)
    seconds.now -= 400 * 24 * 3600
    with pytest.raises(MustWaitError) as wait:
        accounts.sign_in("Samia", "4731")
    assert wait.value.seconds <= 3601
    seconds.now += 3601
    assert accounts.sign_in("Samia", "4731").name == "Samia"


def test_a_clock_set_back_gives_no_free_tries(accounts, seconds):
    accounts.add("Samia", Role.MEDIATOR, "4731")
    wrong(accounts, 3)
    seconds.now -= 7200
    for _ in range(3):
        with pytest.raises(MustWaitError):
            accounts.sign_in("Samia", "0000")


def test_a_name_that_nobody_has_is_refused_in_the_same_words(accounts):
    accounts.add("Samia", Role.MEDIATOR, "4731")
    with pytest.raises(WrongPinError) as unknown:
        accounts.sign_in("Personne", "4731")
    with pytest.raises(WrongPinError) as known:
        accounts.sign_in("Samia", "0000")
    assert str(unknown.value) == str(known.value)


def test_a_new_pin_replaces_the_old_one_and_its_waits(accounts):
    accounts.add("Samia", Role.MEDIATOR, "4731")
    wrong(accounts, 3)
    accounts.add("Samia", Role.STEWARD, "8316")
    assert accounts.sign_in("Samia", "8316").role is Role.STEWARD
    wrong(accounts, 1)


def test_who_was_removed_cannot_sign_in(accounts):
    accounts.add("Samia", Role.MEDIATOR, "4731")
    accounts.remove("Samia")
    assert accounts.all() == ()
    with pytest.raises(WrongPinError):
        accounts.sign_in("Samia", "4731")
    with pytest.raises(DeviceError, match="Nobody called Samia"):
        accounts.remove("Samia")


@pytest.mark.parametrize(
    "pin", ["", "123", "1234567890123", "12a4", "١٢٣٤", "12 34", "²²²²", "-123"]
)
def test_a_pin_is_four_to_twelve_digits(accounts, pin):
    with pytest.raises(DeviceError, match="4 to 12 digits"):
        accounts.add("Samia", Role.MEDIATOR, pin)
    assert accounts.all() == ()


@pytest.mark.parametrize(
    "pin", ["1234", "9876", "7890", "0000", "777777", "1212", "123123", "1968", "2001", "2580"]
)
def test_a_pin_that_anybody_would_try_first_is_refused(accounts, pin):
    with pytest.raises(DeviceError, match="first that anybody tries"):
        accounts.add("Samia", Role.MEDIATOR, pin)
    assert accounts.all() == ()


@pytest.mark.parametrize("pin", ["4731", "9056", "12346", "483920175512"])
def test_other_pins_are_taken(accounts, pin):
    assert accounts.add("Samia", Role.MEDIATOR, pin).name == "Samia"


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_an_account_needs_a_name(accounts, name):
    with pytest.raises(DeviceError, match="name"):
        accounts.add(name, Role.MEDIATOR, "4731")


def test_blanks_around_a_name_do_not_count_when_it_is_made(accounts):
    accounts.add("  Samia ", Role.MEDIATOR, "4731")
    assert accounts.sign_in("Samia", "4731").name == "Samia"


@given(pin=DIGITS, tried=DIGITS)
def test_no_other_pin_signs_in(pin, tried):
    cheap = module._MEMORY_KIB
    module._MEMORY_KIB = 64
    try:
        accounts = Accounts(Database(memory=True), Seconds())
        accounts.add("Samia", Role.MEDIATOR, pin)
        if pin == tried:
            assert accounts.sign_in("Samia", tried).name == "Samia"
        else:
            with pytest.raises(WrongPinError):
                accounts.sign_in("Samia", tried)
    finally:
        module._MEMORY_KIB = cheap


def test_signing_in_is_logged_without_a_name_or_a_pin(accounts, caplog):
    accounts.add("Samia", Role.MEDIATOR, "4731")
    accounts.sign_in("Samia", "4731")
    wrong(accounts, 3)
    with pytest.raises(MustWaitError):
        accounts.sign_in("Samia", "4731")
    wrong(accounts, 1, name="nobody here")
    assert [record.getMessage() for record in caplog.records] == [
        "signed in: a mediator",
        "a wrong PIN, 1 in a row",
        "a wrong PIN, 2 in a row",
        "a wrong PIN, 3 in a row",
        "a PIN was tried while one has to wait",
        "a PIN was tried for an account that is not there",
    ]


AT_ONCE = """
import threading
from sqlite_utils import Database
from kiosk.people.accounts import Accounts, Role
accounts = Accounts(Database(memory=True))
def add(number):
    accounts.add(f"Samia {number}", Role.MEDIATOR, f"47{number}2")
    accounts.sign_in(f"Samia {number}", f"47{number}2")
threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(accounts.all()))
"""


def test_pins_of_several_people_at_once_do_not_stand_still():
    """As the kiosk with a command beside it; by itself, with PINs that cost what they cost."""
    script = AT_ONCE.replace("memory=True", "sqlite3.connect(':memory:', check_same_thread=False)")
    done = subprocess.run(
        [sys.executable, "-c", f"import sqlite3{script}"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.stdout.strip(), done.returncode) == ("4", 0), done.stderr
