"""Every part of the engine can be the first that a program asks for."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "part",
    [
        *("forms.functions", "forms.functions.strings", "forms.functions.calendar"),
        *("forms.xpath", "forms.xform", "forms.engine", "forms.methods", "forms.xlsform"),
    ],
)
def test_a_part_of_the_engine_can_be_imported_before_the_others(part: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", f"import {part}"], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
