"""The server's HTTP face: thin resources over `Service`, on Starlette.

    PUT  /v1/batches/{sha256}                       a batch in, its signed acknowledgement out
    HEAD, PATCH /v1/batches/{sha256}                how much of it has come; go on from there
    GET  /v1/batches/{sha256}/acknowledgement       the server's word on it as it is now
    GET  /v1/batches/{sha256}                       for the desk
    HEAD, PATCH /v1/consultations/{id}/attachments/{sha256}     a sealed attachment, in pieces
    GET  /v1/consultations/{id}/attachments/{sha256}            for the desk
    POST /v1/devices                                enrolment
    GET  /v1/consultations                          signed list
    GET  /v1/consultations/{id}[?version=N]         the organiser's signed package
    GET  /v1/consultations/{id}/batches?after=N     for the desk
    GET  /v1/consultations/{id}/devices             for the desk
    GET  /healthz

Uploads go on as the IETF's resumable uploads do (draft-ietf-httpbis-resumable-upload): HEAD tells
`Upload-Offset` and `Upload-Complete`, PATCH with `Upload-Offset` goes on from there, and 409 tells
the right offset. The address is that of the thing itself: a name nobody has begun stands at 0.

Nothing that is sent here, and no address it came from, is logged.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import TypeVar

import anyio.to_thread
import rfc8785
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from sync.batch import DEVICE_NAMED_BY
from sync.errors import SyncError
from sync.problem import MEDIA_TYPE, Problem
from sync.server.problems import (
    BadRequest,
    NoSpace,
    NotFound,
    TooBusy,
    TooLarge,
    TooSlow,
    problem_of,
)
from sync.server.service import Service
from sync.server.uploads import WrongOffset
from sync.signatures import RequestParts

LARGEST_BATCH = 16 * 1024 * 1024
"""Bytes; some fifty thousand contributions, or a photograph."""

PATIENCE_SECONDS = 30.0
"""How long a sender may be silent."""

_LARGEST_ENROLMENT = 4096
_MOST_UPLOADS = 32
_MOST_BYTES_HELD = 64 * 1024 * 1024
_HELD_WHILE_STREAMING = 256 * 1024
_WORTH_KEEPING = 8 * 1024
_LONGEST_UPLOAD = 900.0  # seconds
_BATCH_NAME = re.compile(r"[0-9a-f]{64}")
_FRESH = re.compile(r"[A-Za-z0-9_-]{0,64}")
_SPREAD_SECONDS = (5, 60)

_Result = TypeVar("_Result")


def create_app(
    service: Service,
    *,
    largest_batch: int = LARGEST_BATCH,
    patience: float = PATIENCE_SECONDS,
) -> Starlette:
    """The application.

    Args:
        service: what it speaks for.
        largest_batch: bytes that a body may have.
        patience: seconds that a sender may be silent.
    """
    face = _Face(service, largest_batch, patience)
    attachment = "/v1/consultations/{id}/attachments/{name}"
    app = Starlette(
        routes=[
            Route("/healthz", face.health),
            Route("/v1/devices", face.enrol, methods=["POST"]),
            Route("/v1/batches/{name}", face.put_batch, methods=["PUT"]),
            Route("/v1/batches/{name}", face.head_batch, methods=["HEAD"]),
            Route("/v1/batches/{name}", face.patch_batch, methods=["PATCH"]),
            Route("/v1/batches/{name}", face.get_batch, methods=["GET"]),
            Route("/v1/batches/{name}/acknowledgement", face.acknowledgement),
            Route("/v1/consultations", face.consultations),
            Route("/v1/consultations/{id}", face.package),
            Route("/v1/consultations/{id}/batches", face.batches),
            Route("/v1/consultations/{id}/devices", face.devices),
            Route(attachment, face.head_attachment, methods=["HEAD"]),
            Route(attachment, face.patch_attachment, methods=["PATCH"]),
            Route(attachment, face.get_attachment, methods=["GET"]),
        ],
        exception_handlers={
            SyncError: _refused,
            HTTPException: _not_understood,
            OSError: _no_space,
            ClientDisconnect: _gone,
        },
    )
    app.router.redirect_slashes = False  # an address is right or it is not
    return app


class _Face:
    """The resources, and what they share."""

    def __init__(self, service: Service, largest_batch: int, patience: float) -> None:
        self._service = service
        self._largest_batch = largest_batch
        self._patience = patience
        self._uploads = 0
        self._held = 0  # bytes of bodies under way, at most
        self._threads = anyio.CapacityLimiter(2)

    async def health(self, _request: Request) -> Response:
        """Whether the database answers."""
        await self._aside(self._service.store.consultations)
        return _json({"status": "ok"})

    async def enrol(self, request: Request) -> Response:
        """`POST /v1/devices`."""
        body = await self._body(request, _LARGEST_ENROLMENT)
        answer = await self._aside(lambda: self._service.enrol(_parts(request), body))
        return Response(answer, 201, media_type="application/json")

    async def put_batch(self, request: Request) -> Response:
        """`PUT /v1/batches/{sha256}`: answered only when the commit is on the disk."""
        name = _name(request)
        pieces = self._pieces(request, self._largest_batch)
        begun = await self._admitted(name, pieces)
        came = [begun]
        with self._place(_announced(request, self._largest_batch)):
            try:
                async for piece in pieces:
                    came.append(piece)
            except (ClientDisconnect, TooSlow):
                # What came need not be sent again.
                begun = b"".join(came)
                if len(begun) >= _WORTH_KEEPING:
                    await self._aside(lambda: self._service.uploads.keep_beginning(name, begun))
                raise
            body = b"".join(came)
            answer = await self._aside(lambda: self._service.receive(name, body))
        return Response(answer, media_type="application/octet-stream")

    async def head_batch(self, request: Request) -> Response:
        """`HEAD /v1/batches/{sha256}`."""
        name = _name(request)
        offset, complete = await self._aside(lambda: self._service.batch_offset(name))
        return _standing(offset, complete)

    async def patch_batch(self, request: Request) -> Response:
        """`PATCH /v1/batches/{sha256}`: a piece; after the last one, the acknowledgement."""
        name, at, last = _name(request), *_going_on(request)
        if at + _announced(request, 0) > self._largest_batch:
            raise TooLarge()
        pieces = self._pieces(request, self._largest_batch)
        begun = b"" if at else await self._admitted(name, pieces)
        service = self._service

        def append(at: int, piece: bytes) -> int:
            return service.uploads.append(name, at, piece)

        with self._place(_HELD_WHILE_STREAMING):
            offset, complete = await self._aside(lambda: service.batch_offset(name))
            if not complete:
                if at != offset:
                    raise WrongOffset(offset)
                offset = await self._append(append, at, begun, pieces)
            if not last:
                return _standing(offset, complete)
            known = await self._aside(lambda: service.acknowledgement(name)) if complete else None
            answer = known or await self._aside(lambda: service.receive_uploaded(name))
        return Response(answer, media_type="application/octet-stream")

    async def acknowledgement(self, request: Request) -> Response:
        """`GET /v1/batches/{sha256}/acknowledgement`."""
        name = _name(request)
        answer = await self._aside(lambda: self._service.acknowledgement(name))
        if answer is None:
            raise NotFound()
        return Response(answer, media_type="application/octet-stream")

    async def head_attachment(self, request: Request) -> Response:
        """`HEAD /v1/consultations/{id}/attachments/{sha256}`."""
        id_, name = request.path_params["id"], _name(request)
        offset, _, complete = await self._aside(lambda: self._service.attachment_offset(id_, name))
        return _standing(offset, complete)

    async def patch_attachment(self, request: Request) -> Response:
        """`PATCH /v1/consultations/{id}/attachments/{sha256}`: a piece of a sealed attachment.

        Whoever knows its name may bring it: only a stored batch, signed by its device, makes it one
        that is waited for, and only the right bytes are taken.
        """
        id_, name, (at, last) = request.path_params["id"], _name(request), _going_on(request)
        service = self._service

        def append(at: int, piece: bytes) -> int:
            return service.go_on(id_, name, at, piece)

        with self._place(_HELD_WHILE_STREAMING):
            offset, size, complete = await self._aside(lambda: service.attachment_offset(id_, name))
            if not complete:
                if at != offset:
                    raise WrongOffset(offset)
                if at + _announced(request, 0) > size:
                    raise TooLarge()
                pieces = self._pieces(request, self._largest_batch)
                offset = await self._append(append, at, b"", pieces)
            if last:
                complete = await self._aside(lambda: service.complete(id_, name))
        return _standing(offset, complete)

    async def get_attachment(self, request: Request) -> Response:
        """`GET /v1/consultations/{id}/attachments/{sha256}`."""
        id_, name, parts = request.path_params["id"], _name(request), _parts(request)
        body = await self._aside(lambda: self._service.attachment(id_, name, parts))
        return Response(body, media_type="application/octet-stream")

    async def get_batch(self, request: Request) -> Response:
        """`GET /v1/batches/{sha256}`."""
        name, parts = request.path_params["name"], _parts(request)
        body = await self._aside(lambda: self._service.batch(name, parts))
        return Response(body, media_type="application/octet-stream")

    async def consultations(self, request: Request) -> Response:
        """`GET /v1/consultations`."""
        fresh = request.query_params.get("fresh", "")
        if not _FRESH.fullmatch(fresh):
            raise BadRequest()
        listing = await self._aside(lambda: self._service.listing(fresh))
        return Response(listing, media_type="application/json")

    async def package(self, request: Request) -> Response:
        """`GET /v1/consultations/{id}`."""
        id_, version = request.path_params["id"], _number(request, "version")
        package = await self._aside(lambda: self._service.store.package(id_, version))
        return Response(package, media_type="application/octet-stream")

    async def batches(self, request: Request) -> Response:
        """`GET /v1/consultations/{id}/batches?after=N`."""
        id_, parts = request.path_params["id"], _parts(request)
        after = _number(request, "after") or 0
        stored = await self._aside(lambda: self._service.batches(id_, after, parts))
        versions = await self._aside(lambda: self._service.store.versions(id_))
        return _json(
            {
                "batches": [
                    {
                        "number": one.number,
                        "name": one.name,
                        "size": one.size,
                        # The day is enough to follow a contribution, and ties it to nobody.
                        "received": datetime.fromtimestamp(one.received_at, UTC).date().isoformat(),
                    }
                    for one in stored
                ],
                "versions": [one.version for one in versions],
            }
        )

    async def devices(self, request: Request) -> Response:
        """`GET /v1/consultations/{id}/devices`."""
        id_, parts = request.path_params["id"], _parts(request)
        roster = await self._aside(lambda: self._service.roster(id_, parts))
        return Response(roster, media_type="application/json")

    async def _admitted(self, name: str, pieces: AsyncIterator[bytes]) -> bytes:
        """The first bytes of a batch, if the device that they name may send.

        Only who names an enrolled device takes one of the places for uploads, and memory: they
        cannot be held by strangers, however slowly they send.
        """
        begun = b""
        async for piece in pieces:
            begun += piece
            if len(begun) >= DEVICE_NAMED_BY:
                break
        await self._aside(lambda: self._service.admit(name, begun))
        return begun

    @contextlib.contextmanager
    def _place(self, size: int) -> Iterator[None]:
        """One of the places for uploads, and so much memory.

        Raises:
            TooBusy: all are taken.
        """
        if self._uploads >= _MOST_UPLOADS or self._held + size > _MOST_BYTES_HELD:
            raise TooBusy()
        self._uploads += 1
        self._held += size
        try:
            yield
        finally:
            self._uploads -= 1
            self._held -= size

    async def _append(
        self,
        append: Callable[[int, bytes], int],
        at: int,
        begun: bytes,
        pieces: AsyncIterator[bytes],
    ) -> int:
        """Write what comes, as it comes; what came before the other side was cut off stays."""
        gathered = bytearray(begun)
        try:
            async for piece in pieces:
                gathered += piece
                if len(gathered) >= _HELD_WHILE_STREAMING:
                    whole = bytes(gathered)
                    gathered.clear()
                    at = await self._aside(lambda at=at, whole=whole: append(at, whole))  # type: ignore[misc]
        finally:
            if gathered:
                whole = bytes(gathered)
                at = await self._aside(lambda at=at: append(at, whole))  # type: ignore[misc]
        return at

    async def _aside(self, work: Callable[[], _Result]) -> _Result:
        """Do what touches the disk in a thread, two at a time."""
        return await anyio.to_thread.run_sync(work, limiter=self._threads)

    async def _body(self, request: Request, most: int) -> bytes:
        """The whole body, as `_pieces` gives it."""
        return b"".join([piece async for piece in self._pieces(request, most)])

    async def _pieces(self, request: Request, most: int) -> AsyncIterator[bytes]:
        """The body as it comes, of at most `most` bytes, from a sender who is not too slow.

        Raises:
            TooLarge: there is more.
            TooSlow: nothing comes any more, or it takes far too long.
        """
        if _announced(request, most) > most:
            raise TooLarge()
        size = 0
        until = time.monotonic() + _LONGEST_UPLOAD
        stream = request.stream()
        while True:
            try:
                piece = await asyncio.wait_for(anext(stream, None), self._patience)
            except TimeoutError:
                raise TooSlow() from None
            if piece is None:
                return
            size += len(piece)
            if size > most:
                raise TooLarge()
            if time.monotonic() > until:
                raise TooSlow()
            yield piece


async def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, SyncError):
        raise error
    problem = problem_of(error)
    if isinstance(error, TooBusy):
        wait = Random().randint(*_SPREAD_SECONDS)  # noqa: S311
        problem = Problem(problem.status, problem.name, problem.detail, wait)
    answer = _problem(problem)
    if isinstance(error, WrongOffset):
        answer.headers["Upload-Offset"] = str(error.expected)
        answer.headers["Upload-Complete"] = "?0"
    return answer


async def _not_understood(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 404:
        return _problem(problem_of(NotFound()))
    return _problem(Problem(error.status_code, "bad-request", BadRequest.sentence))


async def _no_space(_request: Request, _error: Exception) -> Response:
    return _problem(problem_of(NoSpace()))


async def _gone(_request: Request, _error: Exception) -> Response:
    return Response(status_code=499)  # nobody reads it


def _problem(problem: Problem) -> Response:
    headers = {"Cache-Control": "no-store"}
    if problem.status == 408:
        # The rest is not waited for. Elsewhere it is let come and dropped: closing while the other
        # side still sends would cost it this answer.
        headers["Connection"] = "close"
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    return Response(problem.body(), problem.status, headers, MEDIA_TYPE)


def _json(value: dict[str, object]) -> Response:
    body = rfc8785.dumps(value)  # type: ignore[arg-type]
    return Response(body, media_type="application/json")


def _announced(request: Request, most: int) -> int:
    """How many bytes the body has, by its own word; `most` where it does not say."""
    announced = request.headers.get("content-length")
    if announced is None:
        return most
    return int(announced) if re.fullmatch(r"[0-9]{1,18}", announced) else most + 1


def _name(request: Request) -> str:
    """The SHA-256 in the address."""
    name: str = request.path_params["name"]
    if not _BATCH_NAME.fullmatch(name):
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


def _number(request: Request, name: str) -> int | None:
    """A whole number of the query; None where it is not there."""
    given = request.query_params.get(name)
    if given is None:
        return None
    if not re.fullmatch(r"[0-9]{1,15}", given):
        raise BadRequest()
    return int(given)


def _parts(request: Request) -> RequestParts:
    """What of a request its signature covers."""
    return RequestParts.received(
        request.method,
        request.url.scheme,
        request.scope["raw_path"],
        request.scope["query_string"],
        request.headers.items(),
    )
