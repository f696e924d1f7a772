"""Number functions (bindings, "Number Functions"); outside its domain a result is NaN."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from decimal import Context as Precision

from forms.functions import angles
from forms.functions.registry import Take, function
from forms.xpath.context import Context
from forms.xpath.values import NAN, Value, to_number


@function("random", steady=False)
def random(context: Context) -> Value:
    """A number from 0 to below 1."""
    return context.world.random.random()


@function("int", Take.NUMBER)
def whole(context: Context, number: float) -> Value:
    """Without its fraction."""
    return float(math.trunc(number)) if math.isfinite(number) else number


@function("floor", Take.NUMBER)
def floor(context: Context, number: float) -> Value:
    """The whole number below (XPath 1.0 §4.4)."""
    return float(math.floor(number)) if math.isfinite(number) else number


@function("ceiling", Take.NUMBER)
def ceiling(context: Context, number: float) -> Value:
    """The whole number above (XPath 1.0 §4.4)."""
    return float(math.ceil(number)) if math.isfinite(number) else number


@function("round", Take.NUMBER, Take.NUMBER, least=1)
def rounded(context: Context, number: float, decimals: float = 0.0) -> Value:
    """To so many decimals; halves go up (XPath 1.0 §4.4)."""
    if not math.isfinite(number):
        return number
    if not math.isfinite(decimals) or abs(decimals) > 30:
        return NAN
    places = int(decimals)
    if places == 0:
        return float(math.floor(number + 0.5))
    step = Decimal(1).scaleb(-places)
    scaled = Decimal(repr(number)) / step
    halves = ROUND_HALF_UP if number > 0 else ROUND_HALF_DOWN
    return float(scaled.to_integral_value(halves) * step)


@function("sum", Take.VALUES, least=1)
def total(context: Context, *values: Value) -> Value:
    """Of every node that holds a number, added in their order; other nodes do not count."""
    found = 0.0
    for number in _numbers(values):
        found += number
    return found


def _numbers(values: tuple[Value, ...]) -> list[float]:
    """Those values that are numbers, as JavaRosa counts them: empty ones and words are none."""
    return [number for value in values if (number := to_number(value)) == number]


@function("max", Take.VALUES, least=1, more=True)
def largest(context: Context, *values: Value) -> Value:
    """The largest of all nodes and values; not a number where there is none."""
    numbers = _numbers(values)
    return max(numbers) if numbers else NAN


@function("min", Take.VALUES, least=1, more=True)
def smallest(context: Context, *values: Value) -> Value:
    """The smallest of all nodes and values; not a number where there is none."""
    numbers = _numbers(values)
    return min(numbers) if numbers else NAN


@function("pow", Take.NUMBER, Take.NUMBER)
def power(context: Context, base: float, exponent: float) -> Value:
    """One number to the power of another."""
    try:
        return math.pow(base, exponent)
    except ValueError:
        return math.inf if base == 0 else NAN
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf


@function("pi")
def pi(context: Context) -> Value:
    """3.14159…."""
    return math.pi


@function("abs", Take.NUMBER)
def absolute(context: Context, number: float) -> Value:
    """Without its sign."""
    return abs(number)


@function("atan2", Take.NUMBER, Take.NUMBER)
def atan2(context: Context, y: float, x: float) -> Value:
    """The angle of a point, in radians."""
    return angles.atan2(y, x)


def _logarithm(compute: Callable[[float], float]) -> Callable[[float], float]:
    return lambda number: -math.inf if number == 0 else compute(number)


def _decimal_logarithm(number: float) -> float:
    """Rounded correctly to the last digit, which the C library does not promise."""
    if number < 0 or not math.isfinite(number):
        return math.log10(number)
    return float(_PRECISELY.log10(Decimal(number)))


_PRECISELY = Precision(prec=34)


def _power_of_ten(number: float) -> float:
    return float(10.0**number)


def _enter(name: str, compute: Callable[[float], float]) -> None:
    """Enter a function of mathematics that takes one number."""

    def body(context: Context, number: float) -> Value:
        try:
            return compute(number)
        except ValueError:
            return NAN
        except OverflowError:
            return math.inf

    function(name, Take.NUMBER)(body)


for _name, _compute in (
    ("sin", math.sin),
    ("cos", math.cos),
    ("tan", math.tan),
    ("asin", angles.asin),
    ("acos", angles.acos),
    ("atan", angles.atan),
    ("sqrt", math.sqrt),
    ("exp", math.exp),
    ("exp10", _power_of_ten),
    ("log", _logarithm(math.log)),
    ("log10", _logarithm(_decimal_logarithm)),
):
    _enter(_name, _compute)
