"""Somebody who is not root, for a while."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "parvis-elsewhere"


@contextmanager
def somebody() -> Iterator[str]:
    """The name of a user who is made for this, and gone afterwards."""
    try:
        pwd.getpwnam(NAME)
    except KeyError:
        subprocess.run(["useradd", "--system", "--user-group", NAME], check=True)
    try:
        yield NAME
    finally:
        subprocess.run(["userdel", NAME], check=False, capture_output=True)


def environment(usual: dict[str, str], home: Path) -> dict[str, str]:
    """The same environment, with another name and home."""
    own = {name: value for name, value in usual.items() if not name.startswith(("XDG_", "SUDO_"))}
    return own | {"HOME": str(home), "USER": NAME, "LOGNAME": NAME}


def give(folder: Path, name: str) -> None:
    """All that is in the folder becomes theirs."""
    there = pwd.getpwnam(name)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, there.pw_uid, there.pw_gid, follow_symlinks=False)


def becoming(name: str, *needed: Path) -> Iterator[str]:
    """What stands before a command that they run.

    Args:
        name: who.
        needed: what they have to reach. Where that lies below a folder that is closed to others
            (a Python below /root), the command sees that folder with these things alone in it.
    """
    setpriv = shutil.which("setpriv") or "setpriv"
    script = ["mount --make-rprivate /"]
    closed = {top for path in needed for top in [_closed(path.resolve())] if top}
    for top in sorted(closed):
        inside = [path.resolve() for path in needed if top in path.resolve().parents]
        held = [f'"$held/{at}"' for at in range(len(inside))]
        script.append("held=$(mktemp -d)")
        for path, at in zip(inside, held, strict=True):
            script.append(f"mkdir {at} && mount --bind '{path}' {at}")
        script.append(f"mount -t tmpfs -o mode=755 tmpfs '{top}'")
        for path, at in zip(inside, held, strict=True):
            script.append(f"mkdir -p '{path}' && mount --move {at} '{path}'")
    script.append(f'exec {setpriv} --reuid={name} --regid={name} --clear-groups -- "$@"')
    yield from ("unshare", "--mount", "sh", "-ec", "\n".join(script), "sh")


def _closed(path: Path) -> Path | None:
    """The topmost folder above it that others may not enter."""
    for above in reversed(path.parents):
        if not above.stat().st_mode & 0o001:
            return above
    return None
