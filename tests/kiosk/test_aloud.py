"""What the synthesiser is given, and that it says it in the person's language."""

import shutil
import subprocess

import pytest

from kiosk.speech.aloud import aloud
from kiosk.speech.parts import Speech, in_words
from kiosk.speech.voice import voice_of

NO_BREAK, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("fr", "216 m", "216 mètres"),
        ("fr", "Les personnes · n° 2", "Les personnes, numéro 2"),
        ("fr", "Touchez + ou −", "Touchez + ou moins "),
        ("fr", "de −5 à 5", "de moins 5 à 5"),
        ("fr", "à 18 h 30, ou 14h", "à 18 heures 30, ou 14 heures"),
        ("fr", "M. Dupont", "Monsieur Dupont"),
        ("fr-x-falc", "216 m", "216 mètres"),
        ("uk", f"350{NO_BREAK}000 €", "350000 євро"),
        ("uk", f"1{NARROW}250{NARROW}000", "1250000"),
        ("uk", "12,5 км", "12 кома 5 кілометрів"),
        ("uk", "21.11.2026", "21.11.2026"),
        ("uk", "60 %", "60 відсотків"),
        ("zh", "€12.50", "12 点 50 欧元"),
        ("zh", "18:05", "18点5分"),
        ("zh", "60%", "百分之60"),
        ("ar", "60%", "60 بالمئة"),
        ("en", "3.5 km", "3.5 kilometres"),
        ("tr", "−2", "eksi 2"),
        ("tr", "Soru 3 / 41", "Soru 41 üzerinden 3"),
        ("es", "n.º 1", "número 1"),
        ("pt", "3 m", "3 metros"),
        ("br", "216 m · 3", "216 m, 3"),
    ],
)
def test_signs_and_units_are_given_as_words(language, written, said):
    assert aloud(written, language) == said


@pytest.mark.parametrize("text", ["06 11 22 33 44", "Maman, 5 ans", "a.b@c.fr", "2 min", "10 mots"])
@pytest.mark.parametrize("language", ["fr", "en", "ar", "uk", "tr", "zh"])
def test_what_is_no_unit_is_left_alone(language, text):
    assert aloud(text, language) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Un point, n° 1 · 216 m, −5, 350 000 €, 60 %."),
        ("ar", "السؤال 2 من 41 · 216 م، −5، 60 %."),
        ("uk", "Питання 2 з 41 · 216 м, −5, 12,5 €, 60 %."),
        ("zh", "问题 2，共 41 个。2026年11月21日，−5，€12.50，60%。"),
        ("tr", "Soru 2 · 216 m, −5, 12,5 €, %60."),
        ("es", "Pregunta 2 · 216 m, −5, 12,5 €, 60 %."),
        ("pt", "Pergunta 2 · 216 m, −5, 12,5 €, 60 %."),
    ],
)
def test_nothing_of_it_is_said_in_english(language, text):
    """espeak-ng marks with (en) what a voice does not know and leaves to the English one."""
    synthesiser = shutil.which("espeak-ng")
    assert synthesiser, "run make test: it installs espeak-ng"
    told = subprocess.run(
        [synthesiser, "-v", voice_of(language), "-q", "-x", aloud(text, language)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip()
    assert "(en)" not in told.stdout


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("Plus de bancs., pas choisi", "Plus de bancs. pas choisi."),
        ("Vraiment ?. Oui", "Vraiment ? Oui."),
        ("Voici..", "Voici."),
        ("Attendez... encore", "Attendez... encore."),
    ],
)
def test_no_sentence_ends_twice(text, heard):
    assert in_words([Speech(text, "fr")]) == heard
