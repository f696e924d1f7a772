"""What a file is, by its first bytes, whatever it is called."""

from pathlib import Path

import pytest

from sync.desk.file_kinds import is_what_it_is_called

PNG = b"\x89PNG\r\n\x1a\n...."
WAV = b"RIFF....WAVEfmt "


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.png", PNG, True),
        ("A.PNG", PNG, True),
        ("a.jpg", PNG, False),
        ("a.jpeg", b"\xff\xd8\xff\xe0", True),
        ("a.wav", WAV, True),
        ("a.webp", WAV, False),
        ("a.mp4", b"....ftypisom", True),
        ("a.webm", b"\x1a\x45\xdf\xa3", True),
        ("a.txt", "Une place à l’ombre".encode(), True),
        ("a.txt", "é".encode() * 2047 + "a…".encode(), True),  # cut within a character
        ("a.txt", b"\xff\xfe\x00", False),
        ("a.txt", b"\x00\x01", False),
        ("a.txt", b"", True),
        ("a.png", b"", False),
        ("a.html", b"<p>", False),
        ("a.svg", b"<svg/>", False),
        ("a.exe", b"MZ", False),
        ("png", PNG, False),
        ("a.png.desktop", PNG, False),
    ],
)
def test_a_name_is_believed_where_the_first_bytes_bear_it_out(
    tmp_path: Path, name: str, content: bytes, expected: bool
) -> None:
    file = tmp_path / "content"
    file.write_bytes(content)
    assert is_what_it_is_called(name, file) is expected
