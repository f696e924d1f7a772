"""What sync says of its troubles reaches a steward in their language."""

import pytest
from requests import exceptions

from kiosk.language import tr
from kiosk.troubles import told
from sync.client.upload import stranger
from sync.client.wire import Answer, _in_words
from sync.errors import ForgottenRegister
from sync.server.problems import NoSpace, TooBusy, TooSlow
from sync.server.stored import RevokedDevice

URL = "https://parvis.example.org"
UNKNOWN_NAME = exceptions.ConnectionError("NameResolutionError: parvis.example.org")


@pytest.mark.parametrize(
    ("said", "begins"),
    [
        (_in_words(exceptions.SSLError(), URL), "Le certificat"),
        (_in_words(UNKNOWN_NAME, URL), "Le réseau ne trouve pas"),
        (_in_words(exceptions.ReadTimeout(), URL), "Le réseau est trop lent"),
        (_in_words(exceptions.ConnectionError(), URL), "Le serveur ne répond pas"),
        (stranger(Answer(200, b"<html>", None)), "Le Wi-Fi"),
        (str(TooSlow()), "Le réseau est trop lent"),
        (str(TooBusy()), "Le serveur a beaucoup"),
        (str(NoSpace()), "Le disque"),
        (f"{ForgottenRegister()} 2 contributions of it are kept here.", "Le registre"),
        (str(RevokedDevice()), "Le serveur n’accepte plus"),
    ],
)
def test_a_trouble_is_told_in_the_language_that_is_spoken(said, begins):
    tr.speak("fr")
    assert told(said).startswith(begins), said
    tr.speak("en")
    assert told(said) != said and not told(said).startswith(begins)
    tr.speak("fr")


def test_what_nobody_translated_is_shown_as_it_was_said():
    assert told("The server said something new.") == "The server said something new."
    assert told("") == ""
