"""A town with a certificate authority of its own: named once at enrolment, remembered for ever."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sync.client.background import BackgroundSync
from sync.client.https import enrol, sync_once
from sync.client.wire import NetworkTrouble
from tests.sync.test_background import AT_ONCE, eventually
from tests.sync.town import Town


def authority(
    folder: Path, *, address: str = "127.0.0.1", days: tuple[float, float] = (-1, 1)
) -> tuple[Path, ssl.SSLContext]:
    """A new authority's certificate, and what a server with a certificate of it speaks TLS with.

    Args:
        folder: where they are laid.
        address: what the server's certificate is for.
        days: from today, within which it is valid; the authority's own is valid for long.
    """
    now = datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ville")])
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]

    def certificate(key: ec.EllipticCurvePrivateKey, subject: x509.Name, ca: bool) -> bytes:
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=-100 if ca else days[0]))
            .not_valid_after(now + datetime.timedelta(days=100 if ca else days[1]))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]),
                critical=False,
            )
            .sign(keys[0], hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM)

    (folder / "ca.pem").write_bytes(certificate(keys[0], name, True))
    secret = keys[1].private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    server = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "serveur")])
    (folder / "server.pem").write_bytes(secret + certificate(keys[1], server, False))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return folder / "ca.pem", context


@contextmanager
def by_tls(url: str, context: ssl.SSLContext) -> Iterator[str]:
    """The same server by https; one connection after the other, as a device has them."""
    behind = ("127.0.0.1", int(url.rpartition(":")[2]))
    listening = socket.create_server(("127.0.0.1", 0))

    def carry(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65_536):
                sink.sendall(piece)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        while True:
            try:
                plain = listening.accept()[0]
            except OSError:
                return
            with (
                plain,
                suppress(OSError),
                context.wrap_socket(plain, server_side=True) as near,
                socket.create_connection(behind) as far,
            ):
                back = threading.Thread(target=carry, args=(far, near))
                back.start()
                carry(near, far)
                back.join()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def test_a_private_authority_is_remembered_by_the_sync_in_the_background(
    town: Town, tmp_path: Path
) -> None:
    ca, context = authority(tmp_path)
    with town.serving() as plain, by_tls(plain, context) as url, town.device() as device:
        with pytest.raises(NetworkTrouble, match="certificate"):
            enrol(device, town.code(url))
        enrol(device, town.code(url), ca_bundle=str(ca))
        ca.unlink()  # the stick it came on is gone
        assert sync_once(device).complete
        town.confirm(device, "un banc")
        background = BackgroundSync(device, AT_ONCE)
        background.start()
        assert eventually(lambda: device.outbox.counts().released == 1)
        assert background.stop()
    with town.device() as device:
        assert device.ca_bundle is not None
        assert device.ca_bundle.startswith(str(device.directory))
