"""The server's HTTP face: thin resources over `Service`, on Starlette.

    GET  /v1/batches/{sha256}                       for the desk
    POST /v1/devices                                enrolment
    DELETE /v1/devices/{id}?enrolment={hex}         by the device itself: the six words differed
    GET  /v1/consultations                          signed list
    GET  /v1/consultations/{id}[?version=N]         the organiser's signed package
    GET  /v1/consultations/{id}/batches?after=N     for the desk
    GET  /v1/consultations/{id}/devices             for the desk
    GET  /v1/consultations/{id}/attachments/{sha256}    for the desk
    and what devices send (`sync.server.upload_routes`), the registers (`.register_routes`),
    what organisers answer (`.answer_routes`), and what stands around all of them (`.gate`)

Nothing that is sent here, and no address it came from, is logged.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from random import Random

import rfc8785
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sync.errors import SyncError
from sync.problem import MEDIA_TYPE, Problem
from sync.server.answer_routes import answer_routes
from sync.server.aside import Aside, Line
from sync.server.bodies import Bodies
from sync.server.erasure_routes import erasure_routes
from sync.server.gate import SPREAD_SECONDS, Gate, parts_of
from sync.server.headers import CautiousHeaders
from sync.server.limits import Limits
from sync.server.logs import Event, tell, tell_failure
from sync.server.pages.face import Pages
from sync.server.prefix import BelowAPath
from sync.server.problems import (
    BadRequest,
    NoSpace,
    NotFound,
    TooBusy,
    problem_of,
)
from sync.server.register_routes import register_routes
from sync.server.service import Service
from sync.server.signing import SigningAnswers
from sync.server.upload_routes import upload_routes
from sync.server.uploads import WrongOffset

LARGEST_BATCH = 16 * 1024 * 1024
"""Bytes; some fifty thousand contributions, or a photograph."""

LIMITS = Limits()

PATIENCE_SECONDS = 30.0
"""How long a sender may be silent."""

_LOCAL = (3, 16)  # threads, and how much each takes at a time: they share one disk and one file
_REMOTE = (24, 1)  # they wait for a database or a bucket: many side by side cost hardly more
_MOVING = (24, 1)  # of their own for what waits for blobs: a bucket that stalls stalls nothing else
_TAKERS = 8  # groups of batches side by side, where they wait for a bucket
_LARGEST_ENROLMENT = 4096
_FRESH = re.compile(r"[A-Za-z0-9_-]{0,64}")
_TOKEN = re.compile(r"[0-9a-f]{64}")


def create_app(
    service: Service,
    *,
    largest_batch: int = LARGEST_BATCH,
    patience: float = PATIENCE_SECONDS,
    limits: Limits | None = LIMITS,
    metrics_token: str = "",
    prefix: str = "",
) -> ASGIApp:
    """The application.

    Args:
        service: what it speaks for.
        largest_batch: bytes that a body may have.
        patience: seconds that a sender may be silent.
        limits: how much one caller may ask; None for as much as they like.
        metrics_token: with which anybody may read the metrics; "" for this machine alone.
        prefix: the path that a proxy serves it below, such as "/parvis"; "" where there is none, or
            it is found out.
    """
    face = _Face(service, patience)
    pages = Pages(service, face.aside)
    app = Starlette(
        routes=[
            Route("/v1/devices", face.enrol, methods=["POST"]),
            Route("/v1/devices/{key_id}", face.withdraw, methods=["DELETE"]),
            *upload_routes(
                service, (face.aside, face.moving), face.line, face.bodies, largest_batch
            ),
            Route("/v1/batches/{name}", face.get_batch, methods=["GET"]),
            Route(
                "/v1/consultations/{id}/attachments/{name}", face.get_attachment, methods=["GET"]
            ),
            Route("/v1/consultations", face.consultations),
            Route("/v1/consultations/{id}", face.package),
            Route("/v1/consultations/{id}/batches", face.batches),
            Route("/v1/consultations/{id}/devices", face.devices),
            *erasure_routes(service, face.moving, face.bodies),
            *answer_routes(service, face.aside, face.bodies),
            *register_routes(service.registers, face.moving),
            *pages.routes(),
        ],
        exception_handlers={
            SyncError: _refused,
            HTTPException: _not_understood,
            OSError: _no_space,
            UnicodeError: _not_text,
            ClientDisconnect: _gone,
        },
    )
    app.router.redirect_slashes = False  # an address is right or it is not
    gate = Gate(SigningAnswers(app, service), service, face.aside, limits, metrics_token)
    return CautiousHeaders(BelowAPath(gate, prefix, service.files.path_of_address))


class _Face:
    """The resources, and what they share."""

    def __init__(self, service: Service, patience: float) -> None:
        self.bodies = Bodies(patience)
        self._service = service
        local = not service.store.database.shared and service.files.blobs_are_here
        self.aside = Aside(*(_LOCAL if local else _REMOTE))
        self.moving = self.aside if local else Aside(*_MOVING)
        self.line = Line(service.intake, self.moving, 1 if local else _TAKERS)
        service.pulses += dict.fromkeys((self.aside.pulse, self.moving.pulse))

    async def enrol(self, request: Request) -> Response:
        """`POST /v1/devices`."""
        body = await self.bodies.whole(request, _LARGEST_ENROLMENT)
        answer = await self.moving(lambda: self._service.enrol(parts_of(request), body))
        return Response(answer, 201, media_type="application/json")

    async def withdraw(self, request: Request) -> Response:
        """`DELETE /v1/devices/{key_id}?enrolment={hex}`: a device whose words differed."""
        key_id, parts = request.path_params["key_id"], parts_of(request)
        token = request.query_params.get("enrolment", "")
        if not _TOKEN.fullmatch(token):
            raise BadRequest()
        await self.moving(lambda: self._service.withdraw(parts, key_id, bytes.fromhex(token)))
        return Response(status_code=204)

    async def get_batch(self, request: Request) -> Response:
        """`GET /v1/batches/{sha256}`."""
        name, parts = request.path_params["name"], parts_of(request)
        body = await self.moving(lambda: self._service.batch(name, parts))
        return Response(body, media_type="application/octet-stream")

    async def get_attachment(self, request: Request) -> Response:
        """`GET /v1/consultations/{id}/attachments/{sha256}`."""
        id_, name, parts = request.path_params["id"], request.path_params["name"], parts_of(request)
        body = await self.moving(lambda: self._service.attachment(id_, name, parts))
        return Response(body, media_type="application/octet-stream")

    async def consultations(self, request: Request) -> Response:
        """`GET /v1/consultations`."""
        fresh = request.query_params.get("fresh", "")
        if not _FRESH.fullmatch(fresh):
            raise BadRequest()
        listing = await self.aside(lambda: self._service.listing(fresh))
        return Response(listing, media_type="application/json")

    async def package(self, request: Request) -> Response:
        """`GET /v1/consultations/{id}`."""
        id_, version = request.path_params["id"], _number(request, "version")
        package = await self.aside(lambda: self._service.store.package(id_, version))
        return Response(package, media_type="application/octet-stream")

    async def batches(self, request: Request) -> Response:
        """`GET /v1/consultations/{id}/batches?after=N`."""
        id_, parts = request.path_params["id"], parts_of(request)
        after = _number(request, "after") or 0
        stored = await self.aside(lambda: self._service.batches(id_, after, parts))
        versions = await self.aside(lambda: self._service.store.versions(id_))
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
        id_, parts = request.path_params["id"], parts_of(request)
        roster = await self.aside(lambda: self._service.roster(id_, parts))
        return Response(roster, media_type="application/json")


async def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, SyncError):
        raise error
    problem = problem_of(error)
    if problem.status >= 500 and not isinstance(error, TooBusy):
        tell_failure(cause=problem.name)
    else:
        tell(Event.REFUSED, status=problem.status, cause=problem.name)
    if problem.status == 503:  # there is too much to do, or the database is away
        wait = Random().randint(*SPREAD_SECONDS)  # noqa: S311
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


async def _not_text(_request: Request, _error: Exception) -> Response:
    return _problem(problem_of(BadRequest()))  # an address or a header that is no text


async def _no_space(_request: Request, _error: Exception) -> Response:
    tell_failure(cause="no-space")
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


def _number(request: Request, name: str) -> int | None:
    """A whole number of the query; None where it is not there."""
    given = request.query_params.get(name)
    if given is None:
        return None
    if not re.fullmatch(r"[0-9]{1,15}", given):
        raise BadRequest()
    return int(given)
