"""The form engine beside JavaRosa, the engine of ODK Collect.

    python -m tests.bench.forms

Prints JSON. JavaRosa's figures come from `JavaRosaTimes.java`, run in the same run on the same
forms with the jar that lies inside the installed pyxform; where there is no Java they are null.
Times are milliseconds, the median of some rounds; sizes are megabytes.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from random import Random

from forms.engine import Entry
from forms.filling import answer_all
from forms.xform import Form, read_form
from tests.bench.big_forms import (
    chained_form,
    communes_form,
    household_form,
    large_form,
    questionnaire_form,
)

JAVA = Path(__file__).with_name("JavaRosaTimes.java")
ROUNDS = 15
PATIENCE = 120
"""Seconds that JavaRosa is given for one figure; then it is null."""


def milliseconds(task: Callable[[int], object], rounds: int = ROUNDS) -> float:
    """The median of some rounds; each is told its number."""
    task(-2)
    task(-1)
    took = []
    for round_number in range(rounds):
        start = time.perf_counter()
        task(round_number)
        took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took)


def javarosa(task: str, xml: bytes, rounds: int, *arguments: str) -> list[float] | None:
    """What JavaRosa takes for a task; None without Java."""
    java, pyxform = shutil.which("java"), find_spec("pyxform")
    if java is None or pyxform is None or pyxform.origin is None:
        return None
    jar = Path(pyxform.origin).parent / "validators" / "odk_validate" / "bin" / "ODK_Validate.jar"
    with tempfile.TemporaryDirectory() as folder:
        form = Path(folder) / "form.xml"
        form.write_bytes(xml)
        command = [java, "-cp", str(jar), str(JAVA), task, str(form), str(rounds), *arguments]
        try:
            said = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=PATIENCE
            )
        except subprocess.TimeoutExpired:
            return None
    if said.returncode:
        raise SystemExit(said.stderr[-2000:])
    return [float(number) for number in said.stdout.split()]


def beside(ours: float, theirs: float | None, limit: float) -> dict[str, float | None]:
    """One figure as it is printed."""
    ratio = None if theirs is None else round(ours / theirs, 3)
    rounded = None if theirs is None else round(theirs, 2)
    return {"ms": round(ours, 2), "javarosa_ms": rounded, "ratio": ratio, "limit_ms": limit}


def loading(xml: bytes) -> dict[str, float | None]:
    """Read a form and open an entry."""
    theirs = javarosa("load", xml, 8)
    ours = milliseconds(lambda _: Entry(read_form(xml)).steps()[0], 8)
    return beside(ours, theirs and theirs[0], 400)


def answering() -> dict[str, float | None]:
    """Change an answer on which 200 calculations and 100 conditions depend."""
    xml = chained_form()
    theirs = javarosa("answer", xml, 300, "/data/start", "10", "60")
    entry = Entry(read_form(xml))
    values = ("10", "60")
    ours = milliseconds(lambda at: entry.answer("/data/start", values[at % 2]), 300)
    return beside(ours, theirs and theirs[0], 5)


def filtering() -> dict[str, float | None]:
    """Choose a region, then a district, and list its communes, out of 20,000."""
    xml = communes_form()
    refs = ("/data/region", "/data/district", "/data/commune")
    answers = (("r3", "r3_d7"), ("r8", "r8_d2"))
    theirs = javarosa("filter", xml, 100, ",".join(refs), *(",".join(a) for a in answers))
    entry = Entry(read_form(xml))

    def cascade(at: int) -> None:
        for ref, value in zip(refs, answers[at % 2], strict=False):
            assert entry.answer(ref, value).kept
        assert len(entry.step(refs[2]).choices) == 100

    start = time.perf_counter()
    cascade(0)
    first = (time.perf_counter() - start) * 1000
    return beside(milliseconds(cascade, 100), theirs and theirs[0], 20) | {"first_ms": first}


def repeating(running: bool) -> dict[str, object]:
    """Add the 100th, 200th, 400th and 500th instance of ten questions, and to their sum.

    Args:
        running: whether each instance has the sum so far as well; JavaRosa then needs minutes.
    """
    xml = household_form(running)
    counts = (100, 200, 400, 500)
    theirs = (
        None
        if running
        else javarosa("repeat", xml, 1, "/data/person", "-", ",".join(map(str, counts)))
    )
    took: dict[int, list[float]] = {count: [] for count in counts}
    answered: dict[int, list[float]] = {count: [] for count in counts}
    for _ in range(2):
        entry = Entry(read_form(xml))
        for had in range(2, max(counts) + 1):
            start = time.perf_counter()
            ref = entry.add_repeat("/data/person")
            middle = time.perf_counter()
            entry.answer(f"{ref}/q1", "3")
            end = time.perf_counter()
            for number in range(2, 11):
                entry.answer(f"{ref}/q{number}", "3")
            for count in counts:
                if count - 10 < had <= count:
                    took[count].append((middle - start) * 1000)
                    answered[count].append((end - middle) * 1000)
    return {
        str(count): beside(statistics.median(took[count]), theirs and theirs[at], 10)
        | {"answer_ms": round(statistics.median(answered[count]), 2)}
        for at, count in enumerate(counts)
    }


def filling() -> dict[str, float]:
    """Give a file's answers to 400 questions and to 800; the second has to take twice as long."""
    took = []
    for many in (400, 800):
        form = read_form(questionnaire_form(many))
        answers = {f"q{number}": "yes" if number % 4 else "Fine" for number in range(many)}

        def fill(_: int, form: Form = form, answers: dict[str, str] = answers) -> None:
            entry = Entry(form)
            answer_all(entry, answers)
            assert entry.finish().fields

        took.append(milliseconds(fill, 3))
    return {"ms_400": round(took[0], 1), "ms_800": round(took[1], 1), "ratio": took[1] / took[0]}


WEIGH = """
import gc, sys
from lxml import etree
def held(what):
    status = open("/proc/self/status").read()
    return int(status.partition(what)[2].split()[0]) / 1024
before = held("VmRSS:")
from forms.engine import Entry
from forms.xform import read_form
imported = held("VmRSS:")
xml = open(sys.argv[1], "rb").read()
entry = Entry(read_form(xml))
del xml
entry.steps()
gc.collect()
print(held("VmRSS:") - before, held("VmHWM:") - before, imported - before)
"""


def weighing(xml: bytes) -> dict[str, float]:
    """Memory of an open entry above an interpreter that has lxml."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as form:
        form.write(xml)
        form.flush()
        said = subprocess.run(
            [sys.executable, "-c", WEIGH, form.name], capture_output=True, text=True, check=True
        )
    open_, peak, code = (round(float(number), 1) for number in said.stdout.split())
    return {"mb": open_, "peak_mb": peak, "of_which_code_mb": code, "limit_mb": 60}


def main() -> None:
    """Measure everything, and print it."""
    large = large_form(Random(1))
    translated = large_form(Random(1), languages=("English (en)", "Français (fr)"))
    told = {
        "answer_200_calculations_100_conditions": answering(),
        "load_2000_questions_20000_choices": loading(large),
        "load_the_same_in_two_languages": loading(translated),
        "memory_of_an_open_entry": weighing(large),
        "memory_in_two_languages": weighing(translated),
        "filter_20000_choices_by_two_cascades": filtering(),
        "fill_400_and_800_questions_from_a_file": filling(),
        "add_an_instance_of_ten_questions": repeating(running=False),
        "the_same_with_the_sum_so_far_in_each": repeating(running=True),
    }
    if shutil.which("java") is None:
        told["javarosa"] = "Java is not installed: there is nothing to compare with."
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
