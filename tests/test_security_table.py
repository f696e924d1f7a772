"""docs/security.md answers every requirement of ASVS 5.0.0; the tests that it names exist."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text()

# The levels of each section's requirements, in their order, as released on 30 May 2025.
LEVELS = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123",
    "2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23",
    "3.1": "3", "3.2": "113", "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.6": "3",
    "3.7": "22333",
    "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222",
    "5.1": "2", "5.2": "112333", "5.3": "113", "5.4": "222",
    "6.1": "122", "6.2": "111111112222", "6.3": "11223333", "6.4": "112233", "6.5": "22222333",
    "6.6": "2223", "6.7": "33", "6.8": "2222",
    "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22",
    "8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23",
    "9.1": "111", "9.2": "1222",
    "10.1": "22", "10.2": "223", "10.3": "22223", "10.4": "1111122222233333", "10.5": "22222",
    "10.6": "22", "10.7": "222",
    "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222", "11.5": "23", "11.6": "23",
    "11.7": "33",
    "12.1": "12233", "12.2": "11", "12.3": "22223",
    "13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233",
    "14.1": "22", "14.2": "12223333", "14.3": "122",
    "15.1": "12233", "15.2": "12233", "15.3": "1222222", "15.4": "3333",
    "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223",
    "17.1": "23", "17.2": "22223333", "17.3": "22",
}  # fmt: skip
DEEPEST = {"11": 3}
"""By chapter; 2 elsewhere."""

EVERY = [
    f"{section}.{number}"
    for section, levels in LEVELS.items()
    for number in range(1, len(levels) + 1)
]
WANTED = {
    f"{section}.{number}"
    for section, levels in LEVELS.items()
    for number, level in enumerate(levels, 1)
    if int(level) <= DEEPEST.get(section.partition(".")[0], 2)
}

CRYPTOGRAPHERS = {
    "sync/keys.py", "sync/envelope.py", "sync/stream.py", "sync/contribution.py",
    "sync/signed.py", "sync/signatures.py", "sync/statement.py", "sync/enrolment.py",
    "sync/receipt.py", "sync/acknowledgement.py", "sync/verify.py", "sync/sealed_keys.py",
    "sync/origin.py",
    "kiosk/people/accounts.py",
}  # fmt: skip


def answered() -> list[str]:
    """The requirements that rows of the page begin with, ranges written out."""
    found = []
    for line in PAGE.splitlines():
        row = re.match(r"\| (\d+\.\d+\.\d+[\d., –]*) \|", line)
        for part in row[1].split(", ") if row else []:
            first, _, last = part.partition("–")
            begin = EVERY.index(first)
            found += EVERY[begin : EVERY.index(last or first) + 1]
    return found


def test_every_requirement_is_answered_once_and_no_other_invented() -> None:
    found = answered()
    assert sorted(WANTED - set(found), key=EVERY.index) == []
    assert [one for one, next_one in pairwise(sorted(found)) if one == next_one] == []


def test_the_tests_that_are_named_exist() -> None:
    files = [path.read_text() for path in (ROOT / "tests").rglob("test_*.py")]
    there = {name for text in files for name in re.findall(r"def (test_\w+)\(", text)}
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 100
    assert sorted(named - there) == []


@pytest.mark.parametrize("layer", ["forms", "sync", "kiosk"])
def test_cryptography_is_used_where_the_inventory_says(layer: str) -> None:
    for path in (ROOT / layer).rglob("*.py"):
        place = path.relative_to(ROOT).as_posix()
        used = set(re.findall(r"^\s*(?:from|import) (cryptography[\w.]*)", path.read_text(), re.M))
        doing = {name for name in used if not name.endswith(("asymmetric.ed25519", "exceptions"))}
        allowed = place in CRYPTOGRAPHERS or place.startswith("sync/register/")
        assert not doing or allowed, f"{place}: {sorted(doing)}"
