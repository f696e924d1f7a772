"""Fetches the pinned npm packages that the fonts and icons of assets/ are made from."""

import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory


def fetch(package: str, into: Path) -> Path:
    """Unpack one npm package, named with its version ("name@1.2.3"), and say where.

    Raises:
        subprocess.CalledProcessError: npm could not fetch it.
    """
    folder = into / package.replace("/", "_")
    if not folder.exists():
        with TemporaryDirectory() as temporary:
            command = ["npm", "pack", "--silent", "--pack-destination", temporary, package]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
            (archive,) = Path(temporary).glob("*.tgz")
            with tarfile.open(archive) as contents:
                contents.extractall(folder, filter="data")
    return folder / "package"
