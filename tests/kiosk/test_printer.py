"""Receipts on paper: the bytes that a printer gets, what stands on them, and what goes wrong."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
import zxingcpp
from click.testing import CliRunner
from escpos.printer import Dummy
from PIL import Image, ImageChops

from kiosk.commands import main
from kiosk.devices.configuration import (
    BadConfiguration,
    Configuration,
    PrinterSettings,
    read_configuration,
    write_printer,
)
from kiosk.devices.doctor import examine
from kiosk.devices.printer import Printer, PrinterTrouble, Trouble, open_connection
from kiosk.language import tr
from kiosk.slip import draw_slip
from tests.kiosk import driver, hall

ADDRESS = "HTTPS://PARTICIPER.VALMONT.EXAMPLE/R#" + "ABCDEFGH" * 20
PAPER, NO_PAPER = b"\x12", b"\x72"  # what DLE EOT 4 is answered with
ASKED_FOR_PAPER = b"\x10\x04\x04"


class Captured(Dummy):
    """Escpos's own printer without paper: it keeps the bytes."""

    def open(self) -> None:
        self.clear()


def raster(data: bytes) -> Image.Image:
    """What the ESC/POS pictures (GS v 0) in these bytes draw, one under the other."""
    parts, at = [], data.find(b"\x1dv0")
    while at >= 0:
        across = data[at + 4] + 256 * data[at + 5]
        down = data[at + 6] + 256 * data[at + 7]
        pixels = data[at + 8 : at + 8 + across * down]
        black = Image.frombytes("1", (across * 8, down), pixels)
        parts.append(ImageChops.invert(black.convert("L")))
        at = data.find(b"\x1dv0", at + 8 + across * down)
    whole = Image.new("L", (parts[0].width, sum(part.height for part in parts)), 255)
    top = 0
    for part in parts:
        whole.paste(part, (0, top))
        top += part.height
    return whole


def slip(dots=576, native_qr=False, **said):
    given = {"code": "K3F9-7QXM-2PWT", "qr": ADDRESS, "organiser": "Valmont", "title": "La place"}
    return draw_slip(**{**given, **said}, dots=dots, native_qr=native_qr)


@pytest.fixture
def speaking():
    yield tr.speak
    tr.speak("fr")


@contextmanager
def network_printer(answer: bytes) -> Iterator[tuple[str, bytearray]]:
    """A printer on this machine's network: its address, and what it gets."""
    got = bytearray()
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            with client:
                asked = 0
                while data := client.recv(65536):
                    got.extend(data)
                    while got.count(ASKED_FOR_PAPER) > asked:
                        asked += 1
                        client.sendall(answer)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"network:127.0.0.1:{server.getsockname()[1]}", got
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


@pytest.mark.parametrize("code", ["fr", "ar", "zh", "uk"])
@pytest.mark.parametrize("dots", [576, 384])
def test_the_printer_gets_the_slip_dot_by_dot_and_its_qr_can_be_read(window, speaking, code, dots):
    speaking(code)
    captured = Captured()
    printer = Printer(PrinterSettings("", dots), lambda settings: captured)
    drawn = slip(dots)
    printer.print(drawn.above, drawn.qr, drawn.below)
    printed = raster(captured.output)
    assert printed.width == dots
    assert not ImageChops.difference(printed, drawn.above.convert("L")).getbbox()
    assert [found.text for found in zxingcpp.read_barcodes(printed)] == [ADDRESS]
    assert captured.output.endswith(b"\x1dVB\x00") or b"\x1dV" in captured.output[-8:], "it is cut"


def test_a_printer_that_can_draws_the_qr_itself(window):
    captured = Captured()
    printer = Printer(PrinterSettings("", native_qr=True), lambda settings: captured)
    drawn = slip(native_qr=True)
    printer.print(drawn.above, drawn.qr, drawn.below)
    assert ADDRESS.encode() in captured.output
    assert b"\x1d(k" in captured.output
    assert zxingcpp.read_barcodes(raster(captured.output)) == []


def test_words_begin_where_the_language_begins_and_nothing_is_cut(window, speaking):
    for code, edge in (("fr", "left"), ("ar", "right")):
        speaking(code)
        words = slip(native_qr=True, code="").below
        left, _, right, _ = ImageChops.invert(words.convert("L")).getbbox()
        assert left >= 8 and right <= 576 - 8
        assert (left < 40) if edge == "left" else (right > 576 - 40)


def test_the_slip_says_nothing_but_code_organiser_and_title(window):
    one, other = slip(), slip()
    assert one.above.tobytes() == other.above.tobytes()
    assert one.above.tobytes() != slip(code="K3F9-7QXM-2PWU").above.tobytes()


def test_a_printer_on_the_network_is_asked_for_paper_and_prints(window):
    with network_printer(PAPER) as (address, got):
        Printer(PrinterSettings(address)).print(slip().above)
        Printer(PrinterSettings(address)).look()
    assert [found.text for found in zxingcpp.read_barcodes(raster(bytes(got)))] == [ADDRESS]


def test_a_printer_without_paper_says_so_and_gets_nothing_to_print(window):
    with network_printer(NO_PAPER) as (address, got):
        with pytest.raises(PrinterTrouble) as refused:
            Printer(PrinterSettings(address)).print(slip().above)
        assert refused.value.trouble is Trouble.NO_PAPER
    assert b"\x1dv0" not in got


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # escpos forgets
def test_a_printer_that_is_unplugged_is_a_sentence(window, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for address in (f"network:127.0.0.1:{port}", f"file:{tmp_path}/none/lp0", "usb:ffff:fffe"):
        with pytest.raises(PrinterTrouble, match="plugged in") as refused:
            Printer(PrinterSettings(address)).print(slip().above)
        assert refused.value.trouble is Trouble.NO_ANSWER


def test_a_device_file_gets_the_same_bytes(window, tmp_path):
    path = tmp_path / "lp0"
    Printer(PrinterSettings(f"file:{path}")).print(slip().above)
    assert [found.text for found in zxingcpp.read_barcodes(raster(path.read_bytes()))] == [ADDRESS]


@pytest.mark.parametrize("address", ["", "usb", "usb:zz:1", "lpt:1", "network:a:b"])
def test_what_is_no_address_is_refused_with_an_example(address):
    with pytest.raises(BadConfiguration, match="usb:04b8:0202"):
        open_connection(PrinterSettings(address))


# --- on the screen --------------------------------------------------------------------------------


def to_receipt(kiosk, language="fr"):
    kiosk.begin(language)
    kiosk.on()
    kiosk.type("Un banc")
    kiosk.on()
    kiosk.type("17")
    kiosk.skip_to_review()
    kiosk.on()
    kiosk.on()
    assert kiosk.name == "receipt"


def printed(kiosk):
    """Touch "print", and wait until something came of it."""
    driver.tap(kiosk.kiosk.page.ids.back)
    for _ in range(200):
        driver.pass_time(0.02)
        if not kiosk.kiosk.page._printing:
            return kiosk.kiosk.page.told
    raise AssertionError("nothing came of it")


def test_a_receipt_is_printed_with_the_code_on_the_screen_and_no_answer(tmp_path):
    path = tmp_path / "lp0"
    with hall.hall(tmp_path) as kiosk:
        kiosk.kiosk.printer = Printer(PrinterSettings(f"file:{path}"))
        to_receipt(kiosk)
        shown = kiosk.kiosk.page.qr
        assert printed(kiosk) == "Prenez votre reçu en papier."
        data = path.read_bytes()
        assert [found.text for found in zxingcpp.read_barcodes(raster(data))] == [shown]
        assert b"banc" not in data
        kiosk.on()
        assert kiosk.name == "welcome"
        assert kiosk.kiosk._screens["receipt"].told == ""


def test_without_a_printer_there_is_no_button(tmp_path):
    with hall.hall(tmp_path) as kiosk:
        to_receipt(kiosk)
        assert "Imprimer" not in kiosk.things


@pytest.mark.parametrize("language, sentence", [("fr", "plus de papier"), ("zh", "没有纸了")])
def test_trouble_is_told_and_the_receipt_stays_to_be_printed_again(tmp_path, language, sentence):
    with hall.hall(tmp_path) as kiosk, network_printer(NO_PAPER) as (address, _):
        kiosk.kiosk.printer = Printer(PrinterSettings(address))
        to_receipt(kiosk, language)
        code = kiosk.kiosk.page.code
        kiosk.kiosk.page.seconds = 5
        assert sentence in printed(kiosk)
        assert kiosk.kiosk.page.trouble
        assert kiosk.kiosk.page.seconds > 20, "there is time to read it"
        assert kiosk.kiosk.page.code == code
        kiosk.kiosk.printer = Printer(PrinterSettings(f"file:{tmp_path}/lp0"))
        printed(kiosk)
        assert not kiosk.kiosk.page.trouble


def test_a_printer_that_answers_after_the_person_left_tells_nobody_else(tmp_path):
    with hall.hall(tmp_path) as kiosk:
        kiosk.kiosk.printer = Printer(PrinterSettings(f"file:{tmp_path}/lp0"))
        to_receipt(kiosk)
        driver.tap(kiosk.kiosk.page.ids.back)
        kiosk.kiosk.erase()
        driver.pass_time(0.3)
        assert kiosk.kiosk._screens["receipt"].told == ""


# --- the device's configuration -------------------------------------------------------------------


def test_the_printer_noted_is_the_printer_used_and_the_rest_of_the_file_stays(tmp_path):
    (tmp_path / "kiosk.toml").write_text('languages = ["fr", "ar"]\n')
    write_printer(tmp_path, PrinterSettings("usb:04b8:0202", 384, True))
    noted = read_configuration(tmp_path)
    assert noted == Configuration(("fr", "ar"), PrinterSettings("usb:04b8:0202", 384, True))
    write_printer(tmp_path, None)
    assert read_configuration(tmp_path) == Configuration(("fr", "ar"))
    assert read_configuration(tmp_path / "none") == Configuration()


@pytest.mark.parametrize(
    "text, problem",
    [
        ("languages = 3", "list of codes"),
        ("printers = 1", "nothing called “printers”"),
        ("[printer]\ndots = 3", "has an address"),
        ('[printer]\naddress = "file:x"\ndots = 3', "from 200 to 1000"),
        ('[printer]\naddress = "file:x"\nnative_qr = 3', "true or false"),
        ("printer = [", "cannot be read"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused_with_its_place(tmp_path, text, problem):
    (tmp_path / "kiosk.toml").write_text(text)
    with pytest.raises(BadConfiguration, match=problem):
        read_configuration(tmp_path)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # escpos forgets
def test_the_command_notes_a_printer_and_says_whether_it_is_ready(tmp_path):
    def run(*words):
        return CliRunner().invoke(main, ["printer", "--data", str(tmp_path), *words])

    assert "No receipt printer" in run().output
    with network_printer(PAPER) as (address, _):
        ready = run("--at", address)
        assert (ready.exit_code, ready.output) == (
            0,
            f"The receipt printer at {address} is ready.\n",
        )
    gone = run()
    assert gone.exit_code == 1
    assert "plugged in" in gone.output
    assert "no address of a printer" in run("--at", "paper").output
    assert "No receipt printer" in run("--none").output


def test_the_doctor_tells_how_the_printer_is(tmp_path):
    with network_printer(NO_PAPER) as (address, _):
        write_printer(tmp_path, PrinterSettings(address))
        sentences = [finding.sentence for finding in examine(tmp_path)]
    assert "The receipt printer: it has no paper" in sentences
    write_printer(tmp_path, None)
    assert not any("printer" in finding.sentence for finding in examine(tmp_path))
