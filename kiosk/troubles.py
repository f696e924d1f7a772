"""What sync says of its troubles, in the language of whoever looks after the device.

Sync speaks English, as commands and logs do. What a steward can meet at the screen is told here by
what is the same in each of its sentences; anything else is shown as it was said.
"""

from collections.abc import Callable

from kiosk.language import tr

_KNOWN: tuple[tuple[str, Callable[[], str]], ...] = (
    (
        "its certificate is not valid",
        lambda: tr._("Le certificat du serveur n’est pas valable. Vérifiez l’heure et le Wi-Fi."),
    ),
    (
        "its name is not known to the network",
        lambda: tr._("Le réseau ne trouve pas le serveur. L’appareil est-il connecté ?"),
    ),
    ("in time", lambda: tr._("Le réseau est trop lent. L’appareil réessaiera.")),
    ("nothing answers there", lambda: tr._("Le serveur ne répond pas. L’appareil réessaiera.")),
    (
        "answers in the server's place",
        lambda: tr._("Le Wi-Fi demande sans doute de se connecter. Vérifiez le réseau."),
    ),
    ("has much to do", lambda: tr._("Le serveur a beaucoup à faire. L’appareil réessaiera.")),
    (
        "cannot write to its disk",
        lambda: tr._("Le disque du serveur est plein. Prévenez l’organisateur."),
    ),
    (
        "does not contain what it held before",
        lambda: tr._("Le registre du serveur a changé. Gardez tout, et prévenez l’organisateur."),
    ),
    (
        "was revoked",
        lambda: tr._("Le serveur n’accepte plus cet appareil. Prévenez l’organisateur."),
    ),
)


def told(trouble: str) -> str:
    """The same in the language that is spoken, or as it is."""
    for sign, words in _KNOWN:
        if sign in trouble:
            return words()
    return trouble
