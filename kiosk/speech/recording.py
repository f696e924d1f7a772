"""A form's recording as samples, at the pace and loudness that the person chose.

Through PyAV, which carries its codecs with it.
"""

from collections.abc import Iterator
from io import BytesIO
from itertools import chain

from kiosk.devices.sound import RATE, SAMPLE_BYTES, UnplayableSound


def paced_samples(content: bytes, pace: float, loudness: float) -> Iterator[bytes]:
    """The sound of a file (WAV, Ogg, MP3, M4A, FLAC, …), 16 bits, one channel, `RATE` a second.

    Args:
        content: the file.
        pace: 1 as it was recorded, 2 twice as fast, at the same pitch.
        loudness: 1 as it was recorded.

    Raises:
        UnplayableSound: there is none in it.
    """
    import av
    from av.filter import Graph

    try:
        with av.open(BytesIO(content), "r") as container:
            if not container.streams.audio:
                raise UnplayableSound("This file holds no sound.")
            graph = Graph()
            graph.link_nodes(
                graph.add_abuffer(template=container.streams.audio[0]),
                graph.add("atempo", f"{pace:.3f}"),
                graph.add("volume", f"{loudness:.3f}"),
                graph.add("aresample", str(RATE)),
                graph.add(
                    "aformat",
                    f"sample_fmts=s16:channel_layouts=mono:sample_rates={RATE}",
                ),
                graph.add("abuffersink"),
            ).configure()
            for frame in chain(container.decode(audio=0), (None,)):
                graph.push(frame)
                yield from _pulled(graph)
    except (av.FFmpegError, ValueError) as error:
        raise UnplayableSound("This file holds no sound that can be played.") from error


def _pulled(graph: object) -> Iterator[bytes]:
    import av

    while True:
        try:
            piece = graph.pull()  # type: ignore[attr-defined]
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        yield bytes(piece.planes[0])[: piece.samples * SAMPLE_BYTES]
