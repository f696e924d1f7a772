"""Cameras and receivers: the real adapters, on FFmpeg's own test picture and on a real socket."""

import json
import socket
import threading
import time
from io import BytesIO

import pytest
import qrcode
from PIL import Image

from kiosk.devices import camera as cameras
from kiosk.devices.camera import AvCamera, Frame, NoPicture, find_camera
from kiosk.devices.equipment import find_equipment
from kiosk.devices.film import Filming, NothingFilmed, pictures_of
from kiosk.devices.place import FixedPlace, GpsdPlace, find_place, gpsd_runs, spot_of
from kiosk.devices.scanner import ZxingScanner
from kiosk.devices.sound import RATE, SAMPLE_BYTES, OpusWriter, samples_of
from kiosk.maps.earth import Spot
from tests.kiosk.media import FakeRecorder
from tests.waiting import LONG, wait_for


def test_a_camera_gives_pictures_until_it_is_stopped():
    camera = AvCamera("testsrc=size=322x240:rate=30", form="lavfi")
    camera.start()
    frame = wait_for(camera.frame)
    assert (frame.width, frame.height, len(frame.pixels)) == (322, 240, 322 * 240 * 3)
    picture = Image.frombytes("RGB", (322, 240), frame.pixels)
    assert len(picture.getcolors(100_000)) > 5  # not one grey plane, nor lines that slid apart
    later = wait_for(lambda: (camera.frame() is not frame) and camera.frame())
    assert later.pixels != frame.pixels
    camera.stop()
    assert camera.frame() is None


def test_a_camera_that_is_not_there_says_so():
    camera = AvCamera("/dev/video-none")
    camera.start()

    def fails():
        try:
            camera.frame()
        except NoPicture as error:
            return "plugged in" in str(error)
        return False

    assert wait_for(fails)
    camera.stop()


def test_a_photo_is_a_jpeg_without_notes_and_no_larger_than_wanted():
    frame = Frame(640, 480, bytes(range(256)) * (640 * 480 * 3 // 256))
    photo = Image.open(BytesIO(frame.jpeg(320)))
    assert (photo.format, photo.size) == ("JPEG", (320, 240))
    assert not photo.getexif()
    assert Image.open(BytesIO(frame.jpeg())).size == (640, 480)


def test_only_the_first_device_of_a_camera_gives_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr(cameras, "_NAMES", tmp_path / "names")
    monkeypatch.setattr(cameras, "_DEVICES", tmp_path)
    assert find_camera() is None
    for name, index in (("video0", "1"), ("video1", "0")):
        (tmp_path / "names" / name).mkdir(parents=True)
        (tmp_path / "names" / name / "index").write_text(f"{index}\n")
        (tmp_path / name).touch()
    assert find_camera()._source == str(tmp_path / "video1")


def frame_of(image):
    image = image.convert("RGB")
    return Frame(image.width, image.height, image.tobytes())


def test_a_code_is_read_in_what_the_camera_sees():
    code = qrcode.make("PARVIS-2026").get_image().convert("RGB")
    scene = Image.new("RGB", (640, 480), (180, 170, 160))
    scene.paste(code.resize((200, 200)).rotate(8, expand=True, fillcolor="white"), (150, 90))
    assert ZxingScanner().read(frame_of(scene)) == "PARVIS-2026"
    assert ZxingScanner().read(frame_of(Image.new("RGB", (64, 48)))) == ""


# --- where the device is --------------------------------------------------------------------

TPV = {"class": "TPV", "mode": 3, "lat": 47.2184, "lon": -1.5536, "altMSL": 21.4, "eph": 6.2}


@pytest.fixture
def gpsd():
    """A daemon that greets, waits to be asked, and tells a position, cut in two."""
    listening = socket.create_server(("127.0.0.1", 0))
    asked = []

    def serve():
        line, _ = listening.accept()
        with line:
            line.sendall(b'{"class":"VERSION","release":"3.25"}\n')
            asked.append(line.recv(200))
            told = json.dumps(TPV).encode() + b"\r\n"
            line.sendall(b'{"class":"SKY"}\nnot json\n' + told[:30])
            time.sleep(0.05)
            line.sendall(told[30:])
            line.settimeout(LONG)
            line.recv(10)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listening.getsockname(), asked
    listening.close()


def test_gpsd_tells_where_the_device_is(gpsd):
    address, asked = gpsd
    now = [0.0]
    place = GpsdPlace(address, clock=lambda: now[0])
    assert wait_for(place.spot) == Spot(47.2184, -1.5536, 21.4, 6.2)
    assert asked[0].startswith(b"?WATCH=")
    now[0] += 31
    assert place.spot() is None  # a stale position is none
    place.close()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b'{"class":"TPV","mode":1}',
        b'{"class":"TPV","mode":3,"lat":"north"}',
        b'{"class":"SKY","mode":3,"lat":1,"lon":2}',
    ],
)
def test_a_line_that_tells_no_position_is_passed_over(line):
    assert spot_of(line) is None


def test_a_flat_position_has_no_height():
    flat = json.dumps({**TPV, "mode": 2, "epx": 3, "epy": 8, "eph": 9.0}).encode()
    assert spot_of(flat) == Spot(47.2184, -1.5536, 0.0, 9.0)


def test_what_the_steward_says_goes_before_any_receiver():
    assert find_place(Spot(1, 2)).spot() == Spot(1, 2)
    assert isinstance(find_place(Spot(1, 2)), FixedPlace)
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = free.getsockname()
    assert not gpsd_runs(address)


def test_a_bare_machine_has_nothing_and_says_so(tmp_path, monkeypatch):
    from kiosk.devices import place, player, recorder

    monkeypatch.setattr(cameras, "_NAMES", tmp_path / "none")
    monkeypatch.setattr(player, "_PCM_DEVICES", tmp_path / "none")
    monkeypatch.setattr(recorder, "_PCM_DEVICES", tmp_path / "none")
    monkeypatch.setattr(place, "GPSD", ("127.0.0.1", 1))
    found = find_equipment(tmp_path)
    assert (found.recorder, found.player, found.camera, found.scanner) == (None, None, None, None)
    assert found.tiles is None
    found.release()


def test_a_film_holds_what_was_seen_and_heard_in_its_time():
    camera = AvCamera("testsrc=size=1280x720:rate=30,realtime", form="lavfi")
    camera.start()
    wait_for(camera.frame)
    recorder = FakeRecorder()
    filming = Filming(camera, recorder, longest=60)
    wait_for(lambda: filming.seconds > 1)
    recorder.hear(1.0)
    film = filming.stop()
    camera.stop()
    pictures = list(pictures_of(film.content))
    assert len(pictures) > 2
    assert (pictures[0][1].width, pictures[0][1].height) == (854, 480)
    times = [seconds for seconds, _ in pictures]
    assert times == sorted(times) and abs(times[-1] - film.seconds) < 0.05
    assert film.sounds
    heard = sum(map(len, samples_of(film.content))) / SAMPLE_BYTES / RATE
    assert abs(heard - 1.0) < 0.1


def test_a_camera_that_gives_nothing_makes_no_film():
    filming = Filming(AvCamera("/dev/video-none"), None, longest=60)
    with pytest.raises(NothingFilmed):
        filming.stop()


def test_what_is_no_film_shows_nothing():
    assert list(pictures_of(b"not a film")) == []
    writer = OpusWriter()
    writer.write(bytes(RATE))
    assert list(pictures_of(writer.finish())) == []
