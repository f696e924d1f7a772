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
    CHOOSE = "choose"  # the layout whose title the key shows


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

    `variants` gives, for a letter, what it can be turned into by the first row: after the letter
    was held, and on keys that are made for it also after it was written. Otherwise that row writes
    its own letters and signs.
    """

    name: str
    title: str  # in its own language
    letters: tuple[Row, ...]
    signs: tuple[Row, ...] = ()
    rtl: bool = False
    variants: Mapping[str, str] = field(default_factory=dict)
    capitals: Mapping[str, str] = field(default_factory=dict)  # where they are its own
    pinyin: bool = False  # the first row writes what the letters before the caret may mean
    widest_key: float = 24.0  # millimetres, gap included

    @property
    def units(self) -> float:
        """The width of the widest row, in letter keys."""
        return max(sum(key.width for key in row) for row in self.letters)


def _keys(texts: str) -> Row:
    """A row of keys, written with blanks between."""
    return tuple(Key(text) for text in texts.split())


def _shared(texts: str, units: float) -> Row:
    """A row of as many keys as there are texts, which share the width."""
    found = texts.split()
    return tuple(Key(text, width=units / len(found)) for text in found)


def _sign_row(signs: str, units: float = 0) -> Row:
    """Signs that give way to the variants of the letter written last."""
    width = units / len(signs) if units else 1.0
    return tuple(Key(sign, Action.VARIANT, width) for sign in signs)


def _action(action: Action, width: float = 1.0) -> Key:
    return Key(action=action, width=width)


def _last_row(
    units: float, page: Action, *, comma: str = ",", stop: str = ".", question: str = "?"
) -> Row:
    """Page, layout, comma, space, full stop, question mark, enter."""
    space = units - 1.5 - 1.0 - 3 * 1.0 - 1.5
    return (
        _action(page, 1.5),
        _action(Action.SWITCH),
        Key(comma),
        Key(" ", width=space),
        Key(stop),
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
_ENGLISH_SIGNS = (*_WESTERN_SIGNS[:-1], "£ € $ % ° & # < >")
_TURKISH_SIGNS = (*_WESTERN_SIGNS[:-1], "₺ € % ° & § # < >")
_LATIN_VARIANTS = {
    letter: variants.replace(" ", "")
    for letter, variants in {
        "a": "á à â ä ã å ą ă æ ª",
        "c": "ç ć č",
        "d": "ď đ ḍ",
        "e": "é è ê ë ę ě ė ɛ",
        "g": "ğ ǧ ɣ",
        "h": "ḥ",
        "i": "í ì î ï ı į",
        "l": "ł ľ ĺ",
        "n": "ñ ń ň",
        "o": "ó ò ô ö õ ø ő œ º",
        "r": "ř ŕ ṛ",
        "s": "ş ș ś š ß ṣ",
        "t": "ţ ț ť ṭ",
        "u": "ú ù û ü ů ű ū",
        "y": "ý ÿ",
        "z": "ż ź ž ẓ",
    }.items()
}

AZERTY = Layout(
    name="azerty",
    title="Français",
    letters=(
        _shared("é è ê ë à â ù û ô î ï ç œ", 10),
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
    variants=_LATIN_VARIANTS,
)

QWERTY = Layout(
    name="qwerty",
    title="English",
    letters=(
        _sign_row("’-!:;()“”@"),
        _keys("q w e r t y u i o p"),
        (Key(action=None, width=0.5), *_keys("a s d f g h j k l"), Key(action=None, width=0.5)),
        (
            _action(Action.SHIFT, 1.5),
            *_keys("z x c v b n m"),
            _action(Action.BACKSPACE, 1.5),
        ),
        _last_row(10, Action.SIGNS),
    ),
    signs=_signs(10, _ENGLISH_SIGNS, _last_row(10, Action.LETTERS)),
    variants=_LATIN_VARIANTS,
)

QWERTZ = Layout(
    name="qwertz",
    title="Deutsch",
    letters=(
        _sign_row("’-!:;()„“@&"),
        _keys("q w e r t z u i o p ü"),
        _keys("a s d f g h j k l ö ä"),
        (
            _action(Action.SHIFT, 1.5),
            *_keys("y x c v b n m ß"),
            _action(Action.BACKSPACE, 1.5),
        ),
        _last_row(11, Action.SIGNS),
    ),
    signs=_signs(11, _WESTERN_SIGNS, _last_row(11, Action.LETTERS)),
    variants=_LATIN_VARIANTS,
    capitals={"ß": "ẞ"},
)

SPANISH = Layout(
    name="spanish",
    title="Español",
    letters=(
        _keys("á é í ó ú ü ¿ ¡ ! -"),
        _keys("q w e r t y u i o p"),
        _keys("a s d f g h j k l ñ"),
        (
            _action(Action.SHIFT, 1.5),
            *_keys("z x c v b n m"),
            _action(Action.BACKSPACE, 1.5),
        ),
        _last_row(10, Action.SIGNS),
    ),
    signs=_signs(10, _WESTERN_SIGNS, _last_row(10, Action.LETTERS)),
    variants=_LATIN_VARIANTS,
)

PORTUGUESE = Layout(
    name="portuguese",
    title="Português",
    letters=(
        _shared("á à â ã é ê í ó ô õ ú -", 10),
        _keys("q w e r t y u i o p"),
        _keys("a s d f g h j k l ç"),
        (
            _action(Action.SHIFT, 1.5),
            *_keys("z x c v b n m"),
            _action(Action.BACKSPACE, 1.5),
        ),
        _last_row(10, Action.SIGNS),
    ),
    signs=_signs(10, _WESTERN_SIGNS, _last_row(10, Action.LETTERS)),
    variants=_LATIN_VARIANTS,
)

TURKISH = Layout(
    name="turkish",
    title="Türkçe",
    letters=(
        _sign_row("’-!:;()“”@â", 12),
        _keys("q w e r t y u ı o p ğ ü"),
        (
            Key(action=None, width=0.5),
            *_keys("a s d f g h j k l ş i"),
            Key(action=None, width=0.5),
        ),
        (
            _action(Action.SHIFT, 1.5),
            *_keys("z x c v b n m ö ç"),
            _action(Action.BACKSPACE, 1.5),
        ),
        _last_row(12, Action.SIGNS),
    ),
    signs=_signs(12, _TURKISH_SIGNS, _last_row(12, Action.LETTERS)),
    variants=_LATIN_VARIANTS,
    capitals={"i": "İ", "ı": "I"},
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
            "€ % + = * @ # … ٍ ْ",
        ),
        _last_row(11, Action.LETTERS, comma="،", question="؟"),
    ),
    rtl=True,
    variants={"ا": "أإآٱ", "ه": "ة", "و": "ؤ", "ي": "ئى", "ى": "ئي", "ك": "گ", "ب": "پ", "ف": "ڤ"},
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
    variants={"г": "ґ", "е": "ёє", "и": "ыї", "і": "їы", "є": "э", "ь": "ъ"},
)

_CHINESE_LAST = {"comma": "，", "stop": "。", "question": "？"}
PINYIN = Layout(
    name="pinyin",
    title="中文",
    letters=(
        _sign_row("、！：；“”（）《》"),
        _keys("q w e r t y u i o p"),
        (Key(action=None, width=0.5), *_keys("a s d f g h j k l"), Key(action=None, width=0.5)),
        (
            _action(Action.SHIFT, 1.5),
            *_keys("z x c v b n m"),
            _action(Action.BACKSPACE, 1.5),
        ),
        _last_row(10, Action.SIGNS, **_CHINESE_LAST),
    ),
    signs=_signs(
        10,
        (
            "1 2 3 4 5 6 7 8 9 0",
            "（ ） 《 》 “ ” ‘ ’ 、 ；",
            "： ！ … — - / _ + = @",
            "€ ￥ % ° # * < >",
        ),
        _last_row(10, Action.LETTERS, **_CHINESE_LAST),
    ),
    pinyin=True,
)

LAYOUTS = {
    layout.name: layout
    for layout in (
        *(AZERTY, QWERTY, QWERTZ, ARABIC, UKRAINIAN),
        *(PORTUGUESE, TURKISH, SPANISH, PINYIN),
    )
}
"""All of them, as the key with the globe offers them."""

_OF_LANGUAGE = {
    **{"fr": AZERTY, "de": QWERTZ, "ar": ARABIC, "uk": UKRAINIAN, "ru": UKRAINIAN},
    **{"pt": PORTUGUESE, "tr": TURKISH, "es": SPANISH, "zh": PINYIN},
}


def layout_for(language: str) -> Layout:
    """The layout that people who write this language (as in "fr", "pt-BR") know best."""
    return _OF_LANGUAGE.get(language.replace("_", "-").split("-")[0].lower(), QWERTY)


def layouts_for(language: str) -> tuple[Layout, ...]:
    """That layout first, then all others: people do not always write the language they read."""
    own = layout_for(language)
    return (own, *(layout for layout in LAYOUTS.values() if layout is not own))


def address_layout(language: str) -> Layout:
    """For e-mail and web addresses: Latin letters, digits and the signs of addresses at hand."""
    own = layout_for(language)
    letters = own if own in (AZERTY, QWERTZ) else QWERTY
    units = letters.units
    _, *rows, _ = letters.letters
    last = (*_keys("@ . - _ /"), *(Key(end, width=1.4) for end in (".fr", ".com")))
    enter = _action(Action.ENTER, 1.5)
    at = Key("@", width=1 + units - sum(key.width for key in (*last, enter)))
    return Layout(
        name=f"address-{letters.name}",
        title="@",
        letters=(
            _shared("1 2 3 4 5 6 7 8 9 0", units),
            *(_letters_alone(row, units) for row in rows),
            (at, *last[1:], enter),
        ),
    )


def _letters_alone(row: Row, units: float) -> Row:
    """The letters of a row that addresses have, and backspace, in the middle of as much room."""
    keys = [
        key
        for key in row
        if key.action is Action.BACKSPACE or (key.text.isascii() and key.text.isalpha())
    ]
    spare = units - sum(key.width for key in keys)
    return (Key(width=spare / 2), *keys, Key(width=spare / 2)) if spare else tuple(keys)


def telephone_pad() -> Layout:
    """Digits for what is no quantity: a telephone number, a postcode."""
    erase, enter = _action(Action.BACKSPACE), _action(Action.ENTER)
    return Layout(
        name="telephone",
        title="123",
        letters=(
            (*_keys("1 2 3"), erase),
            (*_keys("4 5 6"), Key("+")),
            (*_keys("7 8 9"), Key("-")),
            (*_keys("/ 0 ."), enter),
        ),
        widest_key=28,
    )


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
