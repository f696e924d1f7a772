"""The receipt on paper: the same words as on the screen, as a picture for a receipt printer.

Nothing of what was said is handed in, so that nothing of it can be printed.
"""

from dataclasses import dataclass

from PIL import Image
from qrcode.main import QRCode

from kiosk.language import RIGHT_TO_LEFT, base, tr
from kiosk.theme.drawing import Pen
from kiosk.theme.text import french_spaces, lay_out
from sync.consultation import Traceability
from sync.promise import Channel, allows

DOTS_PER_MM = 8  # of nearly all receipt printers (203 dpi)
SMALL, LARGE = round(3.0 / 0.668 * DOTS_PER_MM), round(4.8 / 0.668 * DOTS_PER_MM)  # font sizes
MARGIN = 2 * DOTS_PER_MM
QR_SHARE, QR_SHARE_NARROW, NARROW = 0.62, 0.9, 450  # of the paper's width, and below which
DARK = 110  # from this alpha on, a dot is black: thin strokes stay whole


@dataclass(frozen=True)
class Slip:
    """What is printed above and below the QR; `above` alone where the QR is in the picture."""

    above: Image.Image
    qr: str = ""
    below: Image.Image | None = None


def draw_slip(
    *,
    code: str,
    qr: str,
    organiser: str,
    title: str,
    dots: int,
    native_qr: bool,
    followed: Traceability = Traceability.INCLUSION,
) -> Slip:
    """The receipt in the current language.

    Args:
        code: of the receipt, to be typed.
        qr: what the QR says.
        organiser: who asks.
        title: of the consultation.
        dots: the paper's width.
        native_qr: whether the printer draws the QR itself.
        followed: how far whoever holds it can follow it: up to the answers, they are told so.
    """
    above = [
        _line(organiser, SMALL, dots),
        _line(title, SMALL, dots, bold=True),
        _line(tr._("Merci ! Votre code :"), SMALL, dots),
        _line(code, LARGE, dots, bold=True, foreign=True),
    ]
    below = [_line(keep_words(followed), SMALL, dots)]
    if native_qr:
        return Slip(_stacked(above, dots), qr, _stacked(below, dots))
    return Slip(_stacked([*above, _qr(qr, dots), *below], dots))


def keep_words(followed: Traceability) -> str:
    """What to do with the receipt: what it tells hangs on how far it can be followed."""
    if allows(Channel.TEXT, followed):
        return str(
            tr._("C’est votre reçu. Gardez-le pour vous : il permet de retrouver vos réponses.")
        )
    return str(tr._("C’est votre reçu. Gardez-le : il ne dit rien de vos réponses."))


def _line(
    text: str, size: int, dots: int, *, bold: bool = False, foreign: bool = False
) -> Image.Image:
    """A paragraph as wide as the paper: black on white, begun where its language begins."""
    rtl = base(tr.language) in RIGHT_TO_LEFT and not foreign
    room = dots - 2 * MARGIN
    pen = Pen(size, bold=bold)
    if foreign:
        while pen.measure(text) > room and pen.size > SMALL:
            pen = Pen(pen.size - 2, bold=bold)
    written = french_spaces(text) if tr.french and not foreign else text
    lines = lay_out(written, room, pen.measure, rtl=rtl)
    step = round(pen.line_height * 0.9)
    picture = Image.new("L", (dots, max(step * len(lines), 1) + pen.line_height - step), 255)
    for number, line in enumerate(lines):
        texture = pen.draw(line.drawn)
        if texture is None:
            continue
        letters = Image.frombytes("RGBA", texture.size, texture.pixels).getchannel("A")
        x = dots - MARGIN - letters.width if rtl else MARGIN
        if foreign:
            x = (dots - letters.width) // 2
        picture.paste(0, (x, number * step), letters.point(lambda alpha: 255 * (alpha >= DARK)))
    return picture


def _qr(text: str, dots: int) -> Image.Image:
    """The QR, in whole dots, in the middle of the paper."""
    made = QRCode(border=4)
    made.add_data(text)
    made.make()
    rows = made.get_matrix()
    count = len(rows)
    share = QR_SHARE if dots >= NARROW else QR_SHARE_NARROW
    each = max(2, int(dots * share) // count)
    squares = Image.new("L", (count, count), 255)
    squares.putdata([0 if dark else 255 for row in rows for dark in row])
    squares = squares.resize((count * each, count * each), Image.Resampling.NEAREST)
    picture = Image.new("L", (dots, squares.height), 255)
    picture.paste(squares, ((dots - squares.width) // 2, 0))
    return picture


def _stacked(parts: list[Image.Image], dots: int) -> Image.Image:
    gap = DOTS_PER_MM
    height = sum(part.height + gap for part in parts)
    whole = Image.new("L", (dots, height), 255)
    top = 0
    for part in parts:
        whole.paste(part, (0, top))
        top += part.height + gap
    return whole.convert("1", dither=Image.Dither.NONE)
