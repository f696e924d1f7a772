"""Sound through ALSA's own programs; its "file" device stands for microphone and loudspeaker."""

import math
from array import array
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from shutil import which

import pytest

from kiosk.devices import player, recorder
from kiosk.devices.player import AplayPlayer
from kiosk.devices.recorder import ArecordRecorder, NothingRecorded, loudness
from kiosk.devices.sound import RATE, OpusWriter, UnplayableSound, samples_of
from tests.waiting import wait_for

needs_alsa = pytest.mark.skipif(not which("arecord"), reason="alsa-utils is not installed")


def tone(seconds, hertz=440, height=0.5):
    """Samples of a plain tone."""
    high = 32_767 * height
    count = int(seconds * RATE)
    turn = 2 * math.pi * hertz / RATE
    return array("h", (int(high * math.sin(turn * at)) for at in range(count))).tobytes()


def pitch(samples):
    """How often a tone crosses zero upwards in a second."""
    values = array("h", samples)
    crossings = sum(1 for before, after in pairwise(values) if before < 0 <= after)
    return crossings / (len(values) / RATE)


@pytest.fixture
def sound_card(tmp_path, monkeypatch):
    """Whoever records hears `heard`; whatever is played is written to `said`."""
    heard, said = tmp_path / "heard.raw", tmp_path / "said.raw"
    heard.write_bytes(tone(3.0))
    configuration = tmp_path / "asound.conf"
    configuration.write_text(
        f'pcm.!default {{ type file slave.pcm "null" file "{said}" infile "{heard}" format raw }}'
    )
    monkeypatch.setenv("ALSA_CONFIG_PATH", f"/usr/share/alsa/alsa.conf:{configuration}")
    return said


def recorded(longest):
    microphone = ArecordRecorder("arecord")
    microphone.start(longest)
    wait_for(lambda: not microphone.runs)
    return microphone.stop()


@needs_alsa
def test_what_is_said_into_the_microphone_is_recorded_as_opus(sound_card):
    recording = recorded(2.0)
    assert recording.seconds == pytest.approx(2.0)
    samples = b"".join(samples_of(recording.content))
    assert len(samples) / 2 / RATE == pytest.approx(2.0, abs=0.1)
    assert pitch(samples) == pytest.approx(440, rel=0.03)
    assert recording.content.startswith(b"OggS")
    assert len(recording.content) < 12_000  # small enough for a slow line


@needs_alsa
def test_a_recording_ends_by_itself_after_the_longest_time(sound_card):
    microphone = ArecordRecorder("arecord")
    microphone.start(1.0)
    wait_for(lambda: not microphone.runs)
    assert microphone.seconds == pytest.approx(1.0)
    assert microphone.level == 0
    microphone.cancel()


@needs_alsa
def test_a_cancelled_recording_leaves_nothing_and_no_process(sound_card):
    microphone = ArecordRecorder("arecord")
    microphone.start(600)
    process = microphone._process
    microphone.cancel()
    assert process.poll() is not None
    assert microphone.seconds == 0 and not microphone.runs
    with pytest.raises(NothingRecorded):
        microphone.stop()


def test_a_microphone_that_gives_nothing_is_told_apart_from_silence():
    microphone = ArecordRecorder("false")
    microphone.start(1.0)
    wait_for(lambda: not microphone.runs)
    with pytest.raises(NothingRecorded):
        microphone.stop()


@needs_alsa
def test_a_recording_can_be_heard_again(sound_card):
    recording = recorded(1.0)
    sound_card.unlink(missing_ok=True)
    loudspeaker = AplayPlayer("aplay")
    loudspeaker.play(recording.content)
    wait_for(lambda: not loudspeaker.plays)
    loudspeaker.hush()
    heard = sound_card.read_bytes()[:RATE]  # half a second; ALSA fills the end with silence
    assert pitch(heard) == pytest.approx(440, rel=0.03)


def test_what_is_played_is_silenced_at_once_however_long_it_is(tmp_path):
    listening = tmp_path / "slow"
    listening.write_text("#!/bin/sh\nexec sleep 600\n")  # a card that never takes anything
    listening.chmod(0o700)
    loudspeaker = AplayPlayer(str(listening))
    writer = OpusWriter()
    writer.write(tone(60))
    loudspeaker.play(writer.finish())
    assert loudspeaker.plays
    loudspeaker.hush()
    assert not loudspeaker.plays


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound at all" * 100])
def test_a_file_without_sound_is_silence(content):
    with pytest.raises(UnplayableSound):
        list(samples_of(content))
    loudspeaker = AplayPlayer("cat")
    loudspeaker.play(content)
    wait_for(lambda: not loudspeaker.plays)
    loudspeaker.hush()


def test_sounds_in_the_formats_that_authors_use_can_be_played():
    import av

    for form, codec, rate in (
        *(("mp3", "libmp3lame", 44_100), ("wav", "pcm_s16le", 48_000), ("flac", "flac", 22_050)),
        *(("ogg", "libopus", 48_000), ("ipod", "aac", 44_100)),
    ):
        file = BytesIO()
        with av.open(file, "w", format=form) as container:
            stream = container.add_stream(codec, rate=rate)
            frame = av.AudioFrame(format="s16", layout="stereo", samples=1024)
            frame.sample_rate = rate
            frame.planes[0].update(bytes(frame.planes[0].buffer_size))
            resampler = av.AudioResampler(format=stream.format, layout=stream.layout, rate=rate)
            for at in range(40):
                frame.pts = at * 1024
                for fitting in resampler.resample(frame):
                    container.mux(stream.encode(fitting))
            container.mux(stream.encode(None))
        seconds = len(b"".join(samples_of(file.getvalue()))) / 2 / RATE
        assert seconds == pytest.approx(40 * 1024 / rate, abs=0.15), form


def test_how_loud_it_is_follows_the_voice():
    assert loudness(b"") == loudness(bytes(800)) == 0
    assert loudness(tone(0.05, height=0.25)) == pytest.approx(0.25, abs=0.01)
    assert loudness(array("h", [-32_768] * 9).tobytes() + b"\x01") == 1


def test_a_device_without_a_sound_card_says_so(tmp_path, monkeypatch):
    for module, find in ((player, player.find_player), (recorder, recorder.find_recorder)):
        monkeypatch.setattr(module, "_PCM_DEVICES", tmp_path / "none")
        assert find() is None


@needs_alsa
@pytest.mark.parametrize(
    "card, records, plays",
    [
        ("00-00: USB Audio : USB Audio : playback 1 : capture 1", True, True),
        ("00-00: bcm2835 Headphones : bcm2835 : playback 8", False, True),
    ],
)
def test_a_card_that_only_plays_does_not_record(tmp_path, monkeypatch, card, records, plays):
    cards = tmp_path / "pcm"
    cards.write_text(card)
    monkeypatch.setattr(player, "_PCM_DEVICES", cards)
    monkeypatch.setattr(recorder, "_PCM_DEVICES", cards)
    assert (recorder.find_recorder() is not None, player.find_player() is not None) == (
        records,
        plays,
    )


def test_nothing_of_sound_is_loaded_before_it_is_needed():
    import subprocess
    import sys

    asked = "import sys, kiosk.devices.player, kiosk.devices.recorder; print('av' in sys.modules)"
    root = Path(__file__).parents[2]
    told = subprocess.run([sys.executable, "-c", asked], cwd=root, capture_output=True, text=True)
    assert told.stdout.strip() == "False", told.stderr
