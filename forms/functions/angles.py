"""Inverse trigonometry to the last digit as Java has it (Sun's fdlibm), so that engines agree.

The C library of each system rounds the last digit of these its own way; the polynomials below are
fdlibm's, and give the same number everywhere.
"""

from __future__ import annotations

import math
import struct

_HALF_PI = 1.57079632679489655800e00
_HALF_PI_LOW = 6.12323399573676603587e-17
_QUARTER_PI = 7.85398163397448278999e-01
_PI = 3.14159265358979311600e00
_PI_LOW = 1.2246467991473531772e-16
_ASIN_ABOVE = (
    1.66666666666666657415e-01,
    -3.25565818622400915405e-01,
    2.01212532134862925881e-01,
    -4.00555345006794114027e-02,
    7.91534994289814532176e-04,
    3.47933107596021167570e-05,
)
_ASIN_BELOW = (
    1.0,
    -2.40339491173441421878e00,
    2.02094576023350569471e00,
    -6.88283971605453293030e-01,
    7.70381505559019352791e-02,
)
_ATAN = (
    3.33333333333329318027e-01,
    -1.99999999998764832476e-01,
    1.42857142725034663711e-01,
    -1.11111104054623557880e-01,
    9.09088713343650656196e-02,
    -7.69187620504482999495e-02,
    6.66107313738753120669e-02,
    -5.83357013379057348645e-02,
    4.97687799461593236017e-02,
    -3.65315727442169155270e-02,
    1.62858201153657823623e-02,
)
_ATAN_HIGH = (
    4.63647609000806093515e-01,
    7.85398163397448278999e-01,
    9.82793723247329054082e-01,
    1.57079632679489655800e00,
)
_ATAN_LOW = (
    2.26987774529616870924e-17,
    3.06161699786838301793e-17,
    1.39033110312309984516e-17,
    6.12323399573676603587e-17,
)


def _polynomial(at: float, factors: tuple[float, ...]) -> float:
    """Horner's rule, the highest power first."""
    found = factors[-1]
    for factor in reversed(factors[:-1]):
        found = factor + at * found
    return found


def _without_low_word(number: float) -> float:
    bits: int = struct.unpack("<Q", struct.pack("<d", number))[0]
    found: float = struct.unpack("<d", struct.pack("<Q", bits & 0xFFFF_FFFF_0000_0000))[0]
    return found


def _ratio(at: float) -> float:
    return at * _polynomial(at, _ASIN_ABOVE) / _polynomial(at, _ASIN_BELOW)


def asin(number: float) -> float:
    """The angle whose sine it is; not a number outside [-1, 1]."""
    size = abs(number)
    if not size <= 1:
        return math.nan
    if size == 1:
        return number * _HALF_PI + number * _HALF_PI_LOW
    if size < 0.5:
        return number if size < 2**-27 else number + number * _ratio(number * number)
    rest = (1.0 - size) * 0.5
    above = rest * _polynomial(rest, _ASIN_ABOVE)
    below = _polynomial(rest, _ASIN_BELOW)
    root = math.sqrt(rest)
    if size >= _NEARLY_ONE:
        found = _HALF_PI - (2.0 * (root + root * (above / below)) - _HALF_PI_LOW)
    else:
        high = _without_low_word(root)
        low = (rest - high * high) / (root + high)
        part = 2.0 * root * (above / below) - (_HALF_PI_LOW - 2.0 * low)
        found = _QUARTER_PI - (part - (_QUARTER_PI - 2.0 * high))
    return found if number > 0 else -found


_NEARLY_ONE: float = struct.unpack(">d", bytes.fromhex("3fef333300000000"))[0]


def acos(number: float) -> float:
    """The angle whose cosine it is; not a number outside [-1, 1]."""
    size = abs(number)
    if not size <= 1:
        return math.nan
    if size == 1:
        return 0.0 if number > 0 else _PI + 2.0 * _HALF_PI_LOW
    if size < 0.5:
        if size <= 2**-57:
            return _HALF_PI + _HALF_PI_LOW
        return _HALF_PI - (number - (_HALF_PI_LOW - number * _ratio(number * number)))
    rest = (1.0 - size) * 0.5
    above = rest * _polynomial(rest, _ASIN_ABOVE)
    ratio = above / _polynomial(rest, _ASIN_BELOW)
    root = math.sqrt(rest)
    if number < 0:
        return _PI - 2.0 * (root + (ratio * root - _HALF_PI_LOW))
    high = _without_low_word(root)
    low = (rest - high * high) / (root + high)
    return 2.0 * (high + (ratio * root + low))


def atan(number: float) -> float:
    """The angle whose tangent it is."""
    if number != number:
        return number
    size = abs(number)
    if size >= 2.0**66:
        return math.copysign(_ATAN_HIGH[3] + _ATAN_LOW[3], number)
    if size < 0.4375:
        if size < 2**-29:
            return number
        place = -1
        at = number
    elif size < 0.6875:
        place, at = 0, (2.0 * size - 1.0) / (2.0 + size)
    elif size < 1.1875:
        place, at = 1, (size - 1.0) / (size + 1.0)
    elif size < 2.4375:
        place, at = 2, (size - 1.5) / (1.0 + 1.5 * size)
    else:
        place, at = 3, -1.0 / size
    square = at * at
    fourth = square * square
    odd = square * _polynomial(fourth, _ATAN[0::2])
    even = fourth * _polynomial(fourth, _ATAN[1::2])
    if place < 0:
        return at - at * (odd + even)
    found = _ATAN_HIGH[place] - ((at * (odd + even) - _ATAN_LOW[place]) - at)
    return found if number > 0 else -found


def atan2(y: float, x: float) -> float:
    """The angle of a point, in radians."""
    if x != x or y != y:
        return math.nan
    if x == 1.0:
        return atan(y)
    if y == 0 or x == 0 or math.isinf(x) or math.isinf(y):
        return math.atan2(y, x)
    apart = math.frexp(y)[1] - math.frexp(x)[1]
    if apart > 60:
        angle = _HALF_PI + 0.5 * _PI_LOW
    elif x < 0 and apart < -60:
        angle = 0.0
    else:
        angle = atan(abs(y / x))
    if x > 0:
        return math.copysign(angle, y)
    return _PI - (angle - _PI_LOW) if y > 0 else (angle - _PI_LOW) - _PI
