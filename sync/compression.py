"""Contributions made short: zstd, each on its own, with a dictionary made from the form.

The dictionary holds what everybody can know (the form's own words, the language's commonest ones,
the shape of a contribution), never an answer. It travels in the consultation package.
"""

import hashlib
from functools import cached_property

import zstandard

from sync.contribution import LARGEST_CONTRIBUTION
from sync.errors import MalformedContribution, MalformedPackage

LARGEST_DICTIONARY = 256 * 1024

DICTIONARY_ID_BYTES = 8

LEVEL = 19
"""zstd's: 0.1 ms a contribution, and the shortest."""
_MAGIC = zstandard.FRAME_HEADER  # four bytes that every frame would repeat; left out on the wire


class Dictionary:
    """A zstd dictionary, loaded once and used for many contributions.

    Args:
        content: raw content, or a dictionary in zstd's own format (RFC 8878, 5); may be empty.

    Raises:
        MalformedPackage: it is larger than 256 KiB, or zstd refuses it.
    """

    def __init__(self, content: bytes) -> None:
        if len(content) > LARGEST_DICTIONARY:
            raise MalformedPackage("The dictionary of this consultation is larger than 256 KiB.")
        self.content = content
        self._loaded = zstandard.ZstdCompressionDict(content) if content else None
        try:
            if self._loaded is not None:
                self._loaded.precompute_compress(level=LEVEL)
        except zstandard.ZstdError:
            raise MalformedPackage("The dictionary of this consultation is damaged.") from None

    @cached_property
    def hash(self) -> bytes:
        """SHA-256 of the content."""
        return hashlib.sha256(self.content).digest()

    @property
    def id(self) -> bytes:
        """The first 8 bytes of the hash: what a session's header names it by."""
        return self.hash[:DICTIONARY_ID_BYTES]

    @cached_property
    def _compressor(self) -> zstandard.ZstdCompressor:
        return zstandard.ZstdCompressor(
            level=LEVEL, dict_data=self._loaded, write_content_size=False, write_dict_id=False
        )

    @cached_property
    def _decompressor(self) -> zstandard.ZstdDecompressor:
        return zstandard.ZstdDecompressor(dict_data=self._loaded)

    def squeeze(self, data: bytes) -> bytes:
        """`data` as one zstd frame (RFC 8878), without the magic number that all would repeat."""
        return self._compressor.compress(data)[len(_MAGIC) :]

    def expand(self, squeezed: bytes) -> bytes:
        """What `squeeze` was given.

        Raises:
            MalformedContribution: it is no such frame, or holds more than 1 MiB.
        """
        frame = _MAGIC + squeezed
        try:
            stated = zstandard.frame_content_size(frame)
            if stated > LARGEST_CONTRIBUTION:
                raise MalformedContribution()
            return self._decompressor.decompress(frame, max_output_size=LARGEST_CONTRIBUTION)
        except zstandard.ZstdError:
            raise MalformedContribution() from None
