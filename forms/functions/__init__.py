"""The ODK function library, by family; importing it fills the table `FUNCTIONS`."""

from forms.functions import booleans, dates, geography, nodesets, numbers, selects, strings
from forms.functions.registry import FUNCTIONS, Function, Take

__all__ = [
    "FUNCTIONS",
    "Function",
    "Take",
    "booleans",
    "dates",
    "geography",
    "nodesets",
    "numbers",
    "selects",
    "strings",
]
