"""What keys can ask the kiosk to do, and which key asks for what: plain data, no Kivy.

A kiosk's keypad or switch box is a USB keyboard: it sends ordinary keys. Four sets of keys are
ready (`KEY_SETS`); a TOML file can change them:

    base = "numpad"          # one of the sets, or "none"
    scan_seconds = 0         # with one switch: how long each thing waits to be chosen

    [keys]
    f13 = "next"
    "shift+f13" = "previous"
    "code:1073741928" = "choose"    # a key without a name, by its SDL code
    f8 = ""                         # does nothing any more

`docs/keys.md` lists names and sets.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import MappingProxyType

from kiosk.errors import DeviceError


class Command(Enum):
    """What a key asks for."""

    NEXT = "next"  # to the next thing on the screen
    PREVIOUS = "previous"
    CHOOSE = "choose"  # touch the thing that is lit
    BACK = "back"  # to the screen before
    REPEAT = "repeat"  # say the screen again
    FASTER = "faster"
    SLOWER = "slower"
    LOUDER = "louder"
    QUIETER = "quieter"
    LANGUAGE = "language"
    HELP = "help"
    LISTEN = "listen"  # from now on each screen says itself; and no longer
    CURTAIN = "curtain"  # the screen shows nothing, and shows itself again
    STOP = "stop"  # stop and erase


class BadKeyMap(DeviceError):
    """The file that says what keys do cannot be used; the message says where it is wrong."""


@dataclass(frozen=True)
class KeyMap:
    """Which key asks for what.

    Attributes:
        name: of the set, or of the file.
        keys: by the key's name, with "shift+" before it where that is held.
        scan_seconds: with one switch alone, how long each thing is lit; 0: the person goes on.
        keeps_typing: whether arrows, space and Enter write in a field that was written in with a
            real keyboard; a keypad has none of its own and never does.
    """

    name: str
    keys: Mapping[str, Command]
    scan_seconds: float = 0.0
    keeps_typing: bool = field(default=True)

    def command(self, key: str, modifiers: Iterable[str] = ()) -> Command | None:
        """What this key asks for; None where it is no key of the keypad."""
        held = set(modifiers) & {"shift", "ctrl", "alt", "meta"}
        if held - {"shift"}:
            return None
        return self.keys.get(f"shift+{key}" if held else key)

    def keys_for(self, command: Command) -> tuple[str, ...]:
        """The keys that ask for it."""
        return tuple(key for key, asked in self.keys.items() if asked is command)


_NAMES = """\
! " # $ % & ' ( ) * + , - . / 0 1 2 3 4 5 6 7 8 9 : ; < = > ? @ [ \\ ] ^ _ ` a b c d e f g h i j
k l m n o p q r s t u v w x y z { | } ~ ¦ ¨ ¬ ´ à è é ù … f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11 f12
f13 f14 f15 numpad0 numpad1 numpad2 numpad3 numpad4 numpad5 numpad6 numpad7 numpad8 numpad9
numpadadd numpaddecimal numpaddivide numpadenter numpadmul numpadsubstract alt alt-gr backspace
capslock compose delete down end enter escape home insert lctrl left numlock pagedown pageup
pause pipe print rctrl right rshift screenlock shift spacebar super tab up
"""
NAMES = frozenset(_NAMES.split())
"""What Kivy calls keys."""
_CODE = re.compile(r"code:[0-9]{1,10}")
_SPECIAL = {
    "f2": Command.BACK,
    "f3": Command.REPEAT,
    "f4": Command.SLOWER,
    "f5": Command.FASTER,
    "f6": Command.QUIETER,
    "f7": Command.LOUDER,
    "f8": Command.LANGUAGE,
    "f9": Command.LISTEN,
    "f10": Command.CURTAIN,
    "f12": Command.HELP,
}
_WALKING = {
    "tab": Command.NEXT,
    "shift+tab": Command.PREVIOUS,
    "right": Command.NEXT,
    "down": Command.NEXT,
    "left": Command.PREVIOUS,
    "up": Command.PREVIOUS,
    "enter": Command.CHOOSE,
    "numpadenter": Command.CHOOSE,
    "spacebar": Command.CHOOSE,
}
_NUMPAD = {
    "numpad6": Command.NEXT,
    "numpad2": Command.NEXT,
    "numpad4": Command.PREVIOUS,
    "numpad8": Command.PREVIOUS,
    "numpad5": Command.CHOOSE,
    "numpad0": Command.BACK,
    "numpad1": Command.REPEAT,
    "numpad7": Command.SLOWER,
    "numpad9": Command.FASTER,
    "numpadsubstract": Command.QUIETER,
    "numpadadd": Command.LOUDER,
    "numpad3": Command.LANGUAGE,
    "numpaddivide": Command.LISTEN,
    "numpadmul": Command.CURTAIN,
    "numpaddecimal": Command.HELP,
}
_SWITCHES = {"spacebar": Command.NEXT, "enter": Command.CHOOSE, "numpadenter": Command.CHOOSE}

KEYBOARD = KeyMap("keyboard", MappingProxyType({**_WALKING, **_SPECIAL}))
KEY_SETS: Mapping[str, KeyMap] = MappingProxyType(
    {
        one.name: one
        for one in (
            KEYBOARD,
            KeyMap(
                "numpad",
                MappingProxyType({**_WALKING, **_SPECIAL, **_NUMPAD}),
                keeps_typing=False,
            ),
            KeyMap(
                "switches",
                MappingProxyType({**_WALKING, **_SPECIAL, **_SWITCHES}),
                keeps_typing=False,
            ),
            KeyMap(
                "switch",
                MappingProxyType({**_WALKING, **_SPECIAL}),
                scan_seconds=1.5,
                keeps_typing=False,
            ),
        )
    }
)


def is_key(name: str) -> bool:
    """Whether a key can be called so: by Kivy's name or a code, “shift+” before it or not."""
    plain = name.removeprefix("shift+")
    return plain in NAMES or _CODE.fullmatch(plain) is not None


def key_map(wanted: str) -> KeyMap:
    """One of the sets by its name, or one read from a TOML file.

    Raises:
        BadKeyMap: there is no such set or file, or the file says what cannot be done.
    """
    if wanted in KEY_SETS:
        return KEY_SETS[wanted]
    path = Path(wanted)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        known = ", ".join(KEY_SETS)
        raise BadKeyMap(
            f"“{wanted}” is neither a set of keys ({known}) nor a file that can be read: "
            f"{error.strerror}."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadKeyMap(f"{path.name} is not TOML: {error}.") from error
    return _from_table(path.name, table)


def _from_table(name: str, table: Mapping[str, object]) -> KeyMap:
    unknown = set(table) - {"base", "scan_seconds", "keys"}
    if unknown:
        raise BadKeyMap(
            f"{name}: “{min(unknown)}” means nothing; write base, scan_seconds, [keys]."
        )
    base = table.get("base", KEYBOARD.name)
    if base != "none" and base not in KEY_SETS:
        raise BadKeyMap(f"{name}: base is one of {', '.join(KEY_SETS)}, none; not “{base}”.")
    beneath = KEY_SETS.get(str(base), KeyMap("none", {}, keeps_typing=False))
    seconds = table.get("scan_seconds", beneath.scan_seconds)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 60:
        raise BadKeyMap(f"{name}: scan_seconds is a number of seconds from 0 to 60.")
    keys = dict(beneath.keys)
    given = table.get("keys", {})
    if not isinstance(given, Mapping):
        raise BadKeyMap(f'{name}: [keys] is a table, as f13 = "next".')
    commands = {command.value: command for command in Command}
    for key, asked in given.items():
        if not is_key(key):
            near = difflib.get_close_matches(key, NAMES, 3)
            meant = f"; is {' or '.join(near)} meant?" if near else "."
            raise BadKeyMap(
                f"{name}: no key is called “{key}”{meant} One without a name is written by its SDL "
                "code, as “code:1073741928”."
            )
        if asked == "":
            keys.pop(key, None)
        elif asked in commands:
            keys[key] = commands[asked]
        else:
            raise BadKeyMap(
                f"{name}: {key} cannot ask for “{asked}”; there are {', '.join(commands)}."
            )
    for needed in (Command.CHOOSE, *(() if seconds else (Command.NEXT,))):
        if needed not in keys.values():
            raise BadKeyMap(f"{name}: no key asks for “{needed.value}”: nobody could go on.")
    return KeyMap(name, MappingProxyType(keys), float(seconds), keeps_typing=beneath.keeps_typing)
