"""Speech by the real synthesiser and the real player, into ALSA's own file device."""

import io
import math
import os
import subprocess
import wave

import pytest

from kiosk.speech.parts import Recording, Speech, in_words, joined
from kiosk.speech.voice import SPEEDS, USUAL_SPEED, USUAL_VOLUME, VOLUMES, find_voice
from tests.kiosk import sound

LONG = Speech("Un très long discours. " * 500, "fr")


@pytest.fixture
def spoken(tmp_path):
    with sound.speaking(tmp_path) as both:
        yield both


def children():
    """Processes of ours that still run or were never waited for."""
    listed = subprocess.run(
        ["ps", "-o", "comm=", "--ppid", str(os.getpid())], capture_output=True, text=True
    )
    return [name for name in listed.stdout.split() if name in ("espeak-ng", "aplay", "ffmpeg")]


def tone(hertz, seconds=0.5, height=8000):
    """A WAV of one tone."""
    rate = 22050
    samples = b"".join(
        round(height * math.sin(2 * math.pi * hertz * at / rate)).to_bytes(2, "little", signed=True)
        for at in range(int(rate * seconds))
    )
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(samples)
    return file.getvalue()


def say(spoken, *parts):
    voice, heard = spoken
    voice.say(parts)
    sound.until_silent(voice)
    return heard


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "Votre avis compte beaucoup."),
        ("ar", "رأيك مهم لنا جميعا."),
        ("uk", "Ваша думка дуже важлива."),
        ("zh", "您的意见很重要。"),
        ("tr", "Görüşünüz çok önemli."),
        ("pt-BR", "A sua opinião é importante."),
    ],
)
def test_each_language_is_spoken(spoken, language, words):
    heard = say(spoken, Speech(words, language))
    assert 0.7 < heard.seconds() < 6
    assert heard.loudest() > 3000


def test_it_falls_silent_at_once_and_leaves_no_process(spoken):
    voice, _ = spoken
    voice.say([LONG])
    voice.hush()
    assert not voice.speaks
    assert [name for name in children() if name == "aplay"] == []


def test_what_comes_next_is_said_instead(spoken):
    voice, heard = spoken
    voice.say([LONG])
    voice.say([Speech("Oui", "fr")])
    sound.until_silent(voice)
    assert heard.seconds() < 2


def test_it_can_be_louder_and_quieter(spoken):
    voice, _ = spoken
    loudness = []
    for volume in (0, USUAL_VOLUME, len(VOLUMES) - 1):
        voice.volume = volume
        loudness.append(say(spoken, Speech("Bonjour à toutes et tous", "fr")).loudest())
    assert loudness[0] < loudness[1] / 2
    assert loudness[1] < loudness[2]


def test_it_can_be_faster_and_slower(spoken):
    voice, _ = spoken
    lasts = []
    for speed in (0, USUAL_SPEED, len(SPEEDS) - 1):
        voice.speed = speed
        lasts.append(say(spoken, Speech("Bonjour à toutes et tous, merci.", "fr")).seconds())
    assert lasts[0] > 1.3 * lasts[1] > 1.3 * 1.3 * lasts[2]


def test_speed_and_loudness_stay_within_their_steps_and_come_back_to_the_usual(spoken):
    voice, _ = spoken
    voice.speed, voice.volume = 99, -5
    assert (voice.speed, voice.volume) == (len(SPEEDS) - 1, 0)
    voice.calm_down()
    assert (voice.speed, voice.volume) == (USUAL_SPEED, USUAL_VOLUME)


def test_a_recording_is_played_as_it_was_made(spoken):
    recorded = tone(440)
    heard = say(spoken, Recording(recorded, Speech("Une question", "fr")))
    assert heard.seconds() == pytest.approx(0.5, abs=0.2)
    assert heard.loudest() == pytest.approx(8000, rel=0.1)


def test_a_recording_too_can_be_quieter_and_faster(spoken):
    voice, _ = spoken
    voice.volume, voice.speed = 0, len(SPEEDS) - 1
    heard = say(spoken, Recording(tone(440), Speech("Une question", "fr")))
    assert heard.seconds() < 0.4
    assert heard.loudest() == pytest.approx(8000 * VOLUMES[0] / VOLUMES[USUAL_VOLUME], rel=0.1)


def test_a_recording_falls_silent_at_once(spoken):
    voice, _ = spoken
    voice.say([Recording(tone(440, 60), Speech("Une question", "fr"))])
    voice.hush()
    assert not voice.speaks


def test_what_is_no_sound_is_read_out_instead(spoken):
    heard = say(spoken, Recording(b"nothing that can be played", Speech("Une question", "fr")))
    assert heard.loudest() > 3000


def test_a_recording_is_followed_by_words(spoken):
    voice, heard = spoken
    voice.say([Recording(tone(440), Speech("Une question", "fr")), Speech("choisi", "fr")])
    sound.until_silent(voice)
    assert heard.loudest() > 8500  # the words came last, and espeak-ng is louder than the tone


def test_a_language_nobody_can_say_is_silence_and_no_mistake(spoken):
    voice, _ = spoken
    voice.say([Speech("Klingon", "tlh-nobody")])
    sound.until_silent(voice)
    voice.say([Speech("Oui", "fr")])
    sound.until_silent(voice)


def test_nothing_to_say_is_silence(spoken):
    voice, heard = spoken
    voice.say([Speech("  ", "fr")])
    assert not voice.speaks
    assert not heard.path.exists()


def test_a_synthesiser_waits_ready_and_ends_with_the_voice(spoken):
    voice, _ = spoken
    say(spoken, Speech("Oui", "fr"))
    assert "espeak-ng" in children()
    voice.close()
    assert children() == []


def test_words_that_follow_each_other_are_said_in_one_breath():
    parts = [Speech("Une", "fr"), Speech("", "fr"), Speech("deux.", "fr"), Speech("Three", "en")]
    assert joined(parts) == (Speech("Une. deux.", "fr"), Speech("Three.", "en"))
    assert in_words([*parts, Recording(b"", Speech("quatre ?", "fr"))]) == (
        "Une. deux. Three. quatre ?"
    )


def test_without_a_sound_device_there_is_no_voice(tmp_path):
    with sound.no_sound_card(tmp_path):
        assert find_voice() is None
    with sound.sound_card(tmp_path):
        assert find_voice() is not None
