"""What stands on the on-screen keyboards: pure data, one layout for each way of writing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Action(Enum):
    """What a key does that writes nothing."""

    SHIFT = "shift"
    BACKSPACE = "backspace"
    ENTER = "enter"
    SIGNS = "signs"  # to the page of digits and signs
    LETTERS = "letters"  # back from there
    SWITCH = "switch"  # to the next layout
    VARIANT = "variant"  # a variant of the letter written last, in its place; where there is one


@dataclass(frozen=True)
class Key:
    """One key: the text it writes, or what else it does; `width` in letter keys."""

    text: str = ""
    action: Action | None = None
    width: float = 1.0


Row = tuple[Key, ...]


@dataclass(frozen=True)
class Layout:
    """A keyboard's pages; all rows of a page are equally wide in letter keys.

    `variants` gives, for a letter just written, what it can be turned into by the first row;
    while there is nothing to turn, that row writes its own signs.
    """

    name: str
    title: str  # in its own language
    letters: tuple[Row, ...]
    signs: tuple[Row, ...] = ()
    rtl: bool = False
    variants: Mapping[str, str] = field(default_factory=dict)
    widest_key: float = 24.0  # millimetres, gap included

    @property
    def units(self) -> float:
        """The width of the widest row, in letter keys."""
        return max(sum(key.width for key in row) for row in self.letters)


def _keys(texts: str) -> Row:
    """A row of keys, written with blanks between."""
    return tuple(Key(text) for text in texts.split())


def _action(action: Action, width: float = 1.0) -> Key:
    return Key(action=action, width=width)


def _last_row(units: float, page: Action, *, comma: str = ",", question: str = "?") -> Row:
    """Page, layout, comma, space, full stop, question mark, enter."""
    space = units - 1.5 - 1.0 - 3 * 1.0 - 1.5
    return (
        _action(page, 1.5),
        _action(Action.SWITCH),
        Key(comma),
        Key(" ", width=space),
        Key("."),
        Key(question),
        _action(Action.ENTER, 1.5),
    )


def _signs(units: float, rows: tuple[str, ...], last: Row) -> tuple[Row, ...]:
    """A page of signs as wide as its letters; backspace closes the row above the last."""
    *above, below = (row.split() for row in rows)
    wide = [tuple(Key(text, width=units / len(row)) for text in row) for row in above]
    each = (units - 1.5) / len(below)
    closing = (*(Key(text, width=each) for text in below), _action(Action.BACKSPACE, 1.5))
    return (*wide, closing, last)


_WESTERN_SIGNS = (
    "1 2 3 4 5 6 7 8 9 0",
    "« » ( ) ! ? : ; / -",
    "“ ” ‘ … – _ * + = @",
    "€ % ° & § # ² < >",
)
_ACCENTS = tuple(Key(letter, width=10 / 13) for letter in "éèêëàâùûôîïçœ")

AZERTY = Layout(
    name="azerty",
    title="Français",
    letters=(
        _ACCENTS,
        _keys("a z e r t y u i o p"),
        _keys("q s d f g h j k l m"),
        (
            _action(Action.SHIFT),
            *_keys("w x c v b n ’"),
            Key("-"),
            _action(Action.BACKSPACE),
        ),
        _last_row(10, Action.SIGNS),
    ),
    signs=_signs(10, _WESTERN_SIGNS, _last_row(10, Action.LETTERS)),
)

_LATIN_VARIANTS = {
    "a": "á à â ä ã å ą ă æ",
    "c": "ç ć č",
    "d": "ď đ ḍ",
    "e": "é è ê ë ę ě ė ɛ",
    "g": "ğ ǧ ɣ",
    "h": "ḥ",
    "i": "í ì î ï ı į",
    "l": "ł ľ ĺ",
    "n": "ñ ń ň",
    "o": "ó ò ô ö õ ø ő œ",
    "r": "ř ŕ ṛ",
    "s": "ş ș ś š ß ṣ",
    "t": "ţ ț ť ṭ",
    "u": "ú ù û ü ů ű ū",
    "y": "ý ÿ",
    "z": "ż ź ž ẓ",
}

QWERTY = Layout(
    name="qwerty",
    title="English",
    letters=(
        tuple(Key(sign, Action.VARIANT) for sign in "’-!:;()“”@"),
        _keys("q w e r t y u i o p"),
        (Key(action=None, width=0.5), *_keys("a s d f g h j k l"), Key(action=None, width=0.5)),
        (
            _action(Action.SHIFT, 1.5),
            *_keys("z x c v b n m"),
            _action(Action.BACKSPACE, 1.5),
        ),
        _last_row(10, Action.SIGNS),
    ),
    signs=_signs(10, _WESTERN_SIGNS, _last_row(10, Action.LETTERS)),
    variants={letter: variants.replace(" ", "") for letter, variants in _LATIN_VARIANTS.items()},
)

ARABIC = Layout(
    name="arabic",
    title="العربية",
    letters=(
        _keys("أ إ آ ئ لا ً ٌ ّ َ ُ ِ"),
        _keys("ض ص ث ق ف غ ع ه خ ح ج"),
        _keys("ش س ي ب ل ا ت ن م ك ط"),
        (*_keys("ذ ء ؤ ر ى ة و ز ظ د"), _action(Action.BACKSPACE)),
        _last_row(11, Action.SIGNS, comma="،", question="؟"),
    ),
    signs=_signs(
        11,
        (
            "1 2 3 4 5 6 7 8 9 0",
            "٠ ١ ٢ ٣ ٤ ٥ ٦ ٧ ٨ ٩",
            "« » ( ) ! : ؛ / - _",
            "€ % + = * @ # …",
        ),
        _last_row(11, Action.LETTERS, comma="،", question="؟"),
    ),
    rtl=True,
)

UKRAINIAN = Layout(
    name="ukrainian",
    title="Українська",
    letters=(
        _keys("й ц у к е н г ш щ з х ї"),
        _keys("ф і в а п р о л д ж є ґ"),
        (_action(Action.SHIFT), *_keys("я ч с м и т ь б ю ’"), _action(Action.BACKSPACE)),
        _last_row(12, Action.SIGNS),
    ),
    signs=_signs(
        12,
        (
            "1 2 3 4 5 6 7 8 9 0",
            "« » ( ) ! : ; / - – …",
            "№ € ₴ % ° + = * @ #",
        ),
        _last_row(12, Action.LETTERS),
    ),
)

LAYOUTS = {layout.name: layout for layout in (AZERTY, QWERTY, ARABIC, UKRAINIAN)}
_OF_LANGUAGE = {"fr": AZERTY, "ar": ARABIC, "uk": UKRAINIAN}


def layout_for(language: str) -> Layout:
    """The layout that people who write this language (as in "fr", "pt-BR") know best."""
    return _OF_LANGUAGE.get(language.replace("_", "-").split("-")[0].lower(), QWERTY)


def number_pad(*, decimal: str = "", negative: bool = False) -> Layout:
    """Digits as on a telephone, with a decimal sign and a minus where the question wants them."""
    extra = [Key(sign) for sign in ("-" if negative else "", decimal) if sign]
    erase, enter = _action(Action.BACKSPACE), _action(Action.ENTER)
    if not extra:
        rows: tuple[Row, ...] = (
            _keys("1 2 3"),
            _keys("4 5 6"),
            _keys("7 8 9"),
            (erase, Key("0"), enter),
        )
    else:
        rows = (
            (*_keys("1 2 3"), erase),
            (*_keys("4 5 6"), extra[0]),
            (*_keys("7 8 9"), extra[1] if len(extra) > 1 else enter),
            (Key("0", width=3), enter) if len(extra) > 1 else (Key("0", width=4),),
        )
    return Layout(name="numbers", title="123", letters=rows, widest_key=28)
