"""Batches and sealed attachments over HTTP: whole, or in pieces that go on after a cut.

    PUT         /v1/batches/{sha256}                    whole; its signed acknowledgement out
    HEAD, PATCH /v1/batches/{sha256}                    how much of it has come; go on from there
    GET         /v1/batches/{sha256}/acknowledgement    the server's word on it as it is now
    HEAD, PATCH /v1/consultations/{id}/attachments/{sha256}

Uploads go on as the IETF's resumable uploads do (draft-ietf-httpbis-resumable-upload): HEAD tells
`Upload-Offset` and `Upload-Complete`, PATCH with `Upload-Offset` goes on from there, and 409 tells
the right offset. The address is that of the thing itself: a name nobody has begun stands at 0.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from functools import partial

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from sync.batch import DEVICE_NAMED_BY
from sync.server.aside import Aside, Line
from sync.server.bodies import Bodies, announced
from sync.server.gate import caller_of
from sync.server.problems import BadRequest, NotFound, TooLarge, TooSlow
from sync.server.service import Service
from sync.server.uploads import WrongOffset

_HELD_WHILE_STREAMING = 256 * 1024
_WORTH_KEEPING = 8 * 1024
_NAME = re.compile(r"[0-9a-f]{64}")
_BINARY = "application/octet-stream"


def upload_routes(
    service: Service, asides: tuple[Aside, Aside], line: Line, bodies: Bodies, largest_batch: int
) -> list[Route]:
    """The routes.

    Args:
        service: what they speak for.
        asides: do in threads what touches the disk, and what moves whole batches and files.
        line: where whole batches wait to be taken in.
        bodies: what comes in.
        largest_batch: bytes that a batch, and any piece, may have.
    """
    face = _Face(service, asides, line, bodies, largest_batch)
    attachment = "/v1/consultations/{id}/attachments/{name}"
    return [
        Route("/v1/batches/{name}", face.put_batch, methods=["PUT"]),
        Route("/v1/batches/{name}", face.head_batch, methods=["HEAD"]),
        Route("/v1/batches/{name}", face.patch_batch, methods=["PATCH"]),
        Route("/v1/batches/{name}/acknowledgement", face.acknowledgement),
        Route(attachment, face.head_attachment, methods=["HEAD"]),
        Route(attachment, face.patch_attachment, methods=["PATCH"]),
    ]


class _Face:
    """The resources, and what they share."""

    def __init__(
        self,
        service: Service,
        asides: tuple[Aside, Aside],
        line: Line,
        bodies: Bodies,
        largest_batch: int,
    ) -> None:
        self._service = service
        self._line = line
        self._aside, self._moving = asides
        self._bodies = bodies
        self._largest_batch = largest_batch

    async def put_batch(self, request: Request) -> Response:
        """`PUT /v1/batches/{sha256}`: answered only when the commit is on the disk."""
        name = _name(request)
        pieces = self._bodies.pieces(request, self._largest_batch)
        came = [await self._admitted(name, pieces, announced(request, 0))]
        proven = caller_of(request).may_send
        async with self._bodies.place(announced(request, self._largest_batch), proven):
            try:
                async for piece in pieces:
                    came.append(piece)
            except (ClientDisconnect, TooSlow):
                # What came need not be sent again.
                begun = b"".join(came)
                if len(begun) >= _WORTH_KEEPING:
                    own = await proven()
                    keep = self._service.intake.uploads.keep_beginning
                    await self._aside(lambda: keep(name, begun, proven=own))
                raise
            body = b"".join(came)
            answer = await self._line.receive(name, body)
        return Response(answer, media_type=_BINARY)

    async def head_batch(self, request: Request) -> Response:
        """`HEAD /v1/batches/{sha256}`."""
        name, proven = _name(request), await caller_of(request).may_send()
        offset = partial(self._service.intake.batch_offset, name, proven=proven)
        return _standing(*await self._aside(offset))

    async def patch_batch(self, request: Request) -> Response:
        """`PATCH /v1/batches/{sha256}`: a piece; after the last one, the acknowledgement."""
        service, name, (at, last) = self._service, _name(request), _going_on(request)
        if at + announced(request, 0) > self._largest_batch:
            raise TooLarge()
        pieces = self._bodies.pieces(request, self._largest_batch)
        begun = b"" if at else await self._admitted(name, pieces)
        proven = caller_of(request).may_send
        async with self._bodies.place(_HELD_WHILE_STREAMING, proven):
            own = await proven()
            offset, complete = await self._aside(
                lambda: service.intake.batch_offset(name, proven=own)
            )
            if not complete:
                if at != offset:
                    raise WrongOffset(offset)
                append = partial(service.intake.uploads.append, name, proven=own)
                offset = await self._append(append, at, begun, pieces)
            if not last:
                return _standing(offset, complete)
            known = (
                await self._moving(lambda: service.intake.acknowledgement(name))
                if complete
                else None
            )
            answer = known or await self._moving(
                lambda: service.intake.receive_uploaded(name, proven=own)
            )
        return Response(answer, media_type=_BINARY)

    async def acknowledgement(self, request: Request) -> Response:
        """`GET /v1/batches/{sha256}/acknowledgement`."""
        name = _name(request)
        answer = await self._moving(lambda: self._service.intake.acknowledgement(name))
        if answer is None:
            raise NotFound()
        return Response(answer, media_type=_BINARY)

    async def head_attachment(self, request: Request) -> Response:
        """`HEAD /v1/consultations/{id}/attachments/{sha256}`."""
        id_, name = request.path_params["id"], _name(request)
        proven = await caller_of(request).may_send()
        offset, _, complete = await self._aside(
            lambda: self._service.intake.attachment_offset(id_, name, proven=proven)
        )
        return _standing(offset, complete)

    async def patch_attachment(self, request: Request) -> Response:
        """`PATCH /v1/consultations/{id}/attachments/{sha256}`: a piece of a sealed attachment.

        Whoever knows its name may bring it: only a stored batch, signed by its device, makes it one
        that is waited for, and only the right bytes are taken.
        """
        service, id_, name = self._service, request.path_params["id"], _name(request)
        at, last = _going_on(request)
        proven = caller_of(request).may_send
        async with self._bodies.place(_HELD_WHILE_STREAMING, proven):
            own = await proven()
            offset, size, complete = await self._aside(
                lambda: service.intake.attachment_offset(id_, name, proven=own)
            )
            if not complete:
                if at != offset:
                    raise WrongOffset(offset)
                if at + announced(request, 0) > size:
                    raise TooLarge()
                pieces = self._bodies.pieces(request, self._largest_batch)
                offset = await self._append(
                    partial(service.intake.go_on, id_, name, proven=own), at, b"", pieces
                )
            if last:
                complete = await self._moving(
                    lambda: service.intake.complete(id_, name, proven=own)
                )
        return _standing(offset, complete)

    async def _admitted(self, name: str, pieces: AsyncIterator[bytes], size: int = 0) -> bytes:
        """The first bytes of a batch, if the device that they name may send.

        Only who names an enrolled device takes one of the places for uploads, and memory: they
        cannot be held by strangers, however slowly they send. Of a batch of `size` bytes that has
        come whole nothing is waited for, and what takes it in looks whose it is.
        """
        begun = b""
        async for piece in pieces:
            begun += piece
            if len(begun) >= DEVICE_NAMED_BY:
                break
        if size and len(begun) == size:
            return begun
        await self._aside(lambda: self._service.intake.admit(name, begun))
        return begun

    async def _append(
        self,
        append: Callable[[int, bytes], int],
        at: int,
        begun: bytes,
        pieces: AsyncIterator[bytes],
    ) -> int:
        """Write what comes, as it comes; what came before the other side was cut off stays."""
        gathered = bytearray(begun)

        async def write(at: int) -> int:
            whole = bytes(gathered)
            gathered.clear()
            return await self._aside(lambda: append(at, whole))

        try:
            async for piece in pieces:
                gathered += piece
                if len(gathered) >= _HELD_WHILE_STREAMING:
                    at = await write(at)
        finally:
            if gathered:
                at = await write(at)
        return at


def _name(request: Request) -> str:
    """The SHA-256 in the address."""
    name: str = request.path_params["name"]
    if not _NAME.fullmatch(name):
        raise NotFound()
    return name


def _going_on(request: Request) -> tuple[int, bool]:
    """At which offset a PATCH goes on, and whether it is the last."""
    at, complete = (request.headers.get(name, "") for name in ("upload-offset", "upload-complete"))
    if not re.fullmatch(r"[0-9]{1,15}", at) or complete not in ("?0", "?1"):
        raise BadRequest()
    return int(at), complete == "?1"


def _standing(offset: int, complete: bool) -> Response:
    """Where an upload stands."""
    return Response(
        status_code=204,
        headers={
            "Upload-Offset": str(offset),
            "Upload-Complete": "?1" if complete else "?0",
            "Cache-Control": "no-store",
        },
    )
