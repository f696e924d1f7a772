"""Signs by their names: a synthesiser passes over most of them, and then a key says nothing."""

import re

from kiosk.language import tr


def name_of_sign(sign: str) -> str:
    """What a punctuation mark, or another sign of the keyboards, is called; "" for any other."""
    return _names().get(_ALIKE.get(sign, sign), "")


def spelled_signs(text: str) -> str:
    """What a key writes, as it is called: signs by their names, words such as "www" as they are."""
    pieces = re.split(f"([{re.escape(''.join((*_names(), *_ALIKE)))}])", text)
    return " ".join(name_of_sign(piece) or piece for piece in pieces if piece)


# Signs that have one name, however a script or a width writes them.
_ALIKE = {
    **dict(zip("！（），：；？。、￥《》", "!(),:;?.،¥«»", strict=True)),
    **{"؛": ";", "؟": "?", "'": "’", "‘": "’", "–": "-", "—": "-"},
    **{"“": '"', "”": '"', "„": '"'},
}


def _names() -> dict[str, str]:
    return {
        " ": tr._("espace"),
        "\n": tr._("à la ligne"),
        ".": tr._("point"),
        ",": tr._("virgule"),
        "،": tr._("virgule"),
        ";": tr._("point-virgule"),
        ":": tr._("deux-points"),
        "?": tr._("point d’interrogation"),
        "¿": tr._("point d’interrogation renversé"),
        "!": tr._("point d’exclamation"),
        "¡": tr._("point d’exclamation renversé"),
        "’": tr._("apostrophe"),
        '"': tr._("guillemet"),
        "«": tr._("guillemet ouvert"),
        "»": tr._("guillemet fermé"),
        "-": tr._("tiret"),
        "_": tr._("tiret bas"),
        "…": tr._("points de suspension"),
        "(": tr._("parenthèse ouverte"),
        ")": tr._("parenthèse fermée"),
        "/": tr._("barre oblique"),
        "@": tr._("arobase"),
        "#": tr._("dièse"),
        "&": tr._("et commercial"),
        "*": tr._("étoile"),
        "+": tr._("signe plus"),
        "=": tr._("signe égal"),
        "<": tr._("plus petit que"),
        ">": tr._("plus grand que"),
        "%": tr._("pour cent"),
        "°": tr._("degré"),
        "§": tr._("paragraphe"),
        "№": tr._("numéro"),
        "€": tr._("euro"),
        "$": tr._("dollar"),
        "£": tr._("livre sterling"),
        "¥": tr._("yuan"),
        "₴": tr._("hryvnia"),
        "₺": tr._("livre turque"),
        "\N{ARABIC FATHA}": tr._("fatha"),
        "\N{ARABIC DAMMA}": tr._("damma"),
        "\N{ARABIC KASRA}": tr._("kasra"),
        "\N{ARABIC SUKUN}": tr._("soukoun"),
        "\N{ARABIC SHADDA}": tr._("chadda"),
        "\N{ARABIC FATHATAN}": tr._("double fatha"),
        "\N{ARABIC DAMMATAN}": tr._("double damma"),
        "\N{ARABIC KASRATAN}": tr._("double kasra"),
    }
