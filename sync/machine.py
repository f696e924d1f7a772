"""A secret that this machine alone has, as systemd hands it to a service.

systemd.exec, "Credentials": `systemd-creds encrypt` seals it to the machine's TPM, or to a key of
its root. Where there is one, the keys of device and server lie on the disk encrypted under it: the
disk alone, in another machine, signs nothing.
"""

import os
from pathlib import Path

from sync.errors import BadKey

CREDENTIAL = "parvis-key"
"""Its name: `LoadCredentialEncrypted=parvis-key:…` in the service's unit."""

_LEAST_BYTES = 16


def machine_secret() -> bytes:
    """The secret; b"" where the service was given none.

    Raises:
        BadKey: it was given one that is too short to keep anything.
    """
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    path = Path(folder) / CREDENTIAL
    if not folder or not path.exists():
        return b""
    secret = path.read_bytes()
    if len(secret) < _LEAST_BYTES:
        raise BadKey(
            f"The credential {CREDENTIAL} has fewer than {_LEAST_BYTES} bytes. Make another: "
            f"head -c 32 /dev/urandom | systemd-creds encrypt --name={CREDENTIAL} - FILE"
        )
    return secret
