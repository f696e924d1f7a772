"""Everything that happens to a request before and after its resource: limits, figures, a log line.

    GET /healthz    whether this process answers
    GET /readyz     whether it can do its work: database, disk, registers
    GET /metrics    for Prometheus; to this machine itself, or with a token, and to nobody else

An ASGI application around the application.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from random import Random
from typing import TypeVar

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync.problem import MEDIA_TYPE, Problem
from sync.server.health import Readying
from sync.server.limits import Addresses, Buckets, Crowd, Limits, spread
from sync.server.logs import Event, tell, tell_failure
from sync.server.metrics import CONTENT_TYPE, Metrics
from sync.server.problems import NotFound, TooBusy, TooMany, problem_of
from sync.server.service import Service
from sync.signatures import RequestParts, SignatureRefused, signers, verify_request

MOST_UNDER_WAY = 400
"""Requests that are worked on at once. More would all wait, be given up, and come again.

Half of them is for those who come for the first time: a device that is in the midst of its visit,
or that was told to come again now, finds a place where they find none.
"""

SPREAD_SECONDS = (5, 60)
"""When those come again who found no place for an upload."""

_CALLER = "parvis.caller"
_FIRST = "/v1/consultations"  # what a device asks for first
_KEY_ID = re.compile(rb'keyid="([0-9a-f]{16})"')
_COSTS = {("POST", "/v1/devices"): 20.0, ("GET", "/r"): 5.0}
_MOST_KEYS = 50_000
_ON_ITS_WAY = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")

_Result = TypeVar("_Result")
_Aside = Callable[[Callable[[], _Result]], Awaitable[_Result]]


class Gate:
    """The application with everything around it.

    Args:
        app: answers what is let through.
        service: knows the devices.
        aside: does what touches the disk in a thread.
        limits: how much one caller may ask; None for as much as they like.
        token: with which anybody may read the metrics; "" for nobody.
    """

    def __init__(
        self,
        app: ASGIApp,
        service: Service,
        aside: Callable[[Callable[[], object]], Awaitable[object]],
        limits: Limits | None,
        token: str = "",
    ) -> None:
        self._app = app
        self._service = service
        self._metrics = Metrics(service)
        self._readying = Readying(service)
        self._aside = aside
        self._token = token
        self._addresses = Addresses()
        self._keys = Keys(service, aside)
        self._strangers = self._devices = None
        if limits is not None:
            self._strangers = Buckets(limits.stranger, time.monotonic)
            self._devices = Buckets(limits.device, time.monotonic)
        self._random = Random()  # noqa: S311
        self._under_way = 0
        self._crowd = Crowd(time.monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[_CALLER] = caller = Caller(Request(scope), self._keys)
        began, status = time.perf_counter(), 0

        async def receiving() -> Message:
            # Who waits for the rest of a body has no work done for it meanwhile: however many
            # send slowly, nobody else is refused for it. Their own places are `bodies`'.
            self._under_way -= 1
            try:
                return await receive()
            finally:
                self._under_way += 1

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._under_way += 1
        with self._metrics.under_way.track_inprogress():
            try:
                answer = (
                    await self._own(scope)
                    or self._shed(scope)
                    or await self._put_off(scope, caller)
                )
                await (answer or self._app)(scope, receiving, sending)
            except Exception:
                tell_failure(method=_method(scope), route=_route(scope))
                raise
            finally:
                self._under_way -= 1
                if status not in (429, 503):
                    self._crowd.answered()
                self._account(scope, status or 500, time.perf_counter() - began)

    def _account(self, scope: Scope, status: int, seconds: float) -> None:
        route, method = _route(scope), _method(scope)
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        spent = round(seconds * 1000, 1)
        tell(
            Event.REQUEST,
            logging.DEBUG,
            method=method,
            route=route,
            status=status,
            milliseconds=spent,
        )

    async def _own(self, scope: Scope) -> Response | None:
        """What is answered here; None for everything else."""
        if scope["method"] not in ("GET", "HEAD"):
            return None
        match scope["path"]:
            case "/healthz":
                scope["route"] = _Named("/healthz")
                if any(one.stuck for one in self._service.pulses):
                    return _json({"status": "stuck"}, 503)
                return _json({"status": "ok"}, 200)
            case "/readyz":
                scope["route"] = _Named("/readyz")
                found = await self._aside(self._readying.look)
                return _json(found.document(), 200 if found.ready else 503)  # type: ignore[attr-defined]
            case "/metrics":
                scope["route"] = _Named("/metrics")
                if not self._may_read_metrics(scope):
                    return _refusal(problem_of(NotFound()))
                text = await self._aside(self._metrics.text)
                return Response(text, media_type=CONTENT_TYPE)
        return None

    def _may_read_metrics(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        if self._token:
            given = headers.get("authorization", "")
            return hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode())
        # A proxy on this machine is no reason to tell everybody.
        handed_on = any(name in headers for name in _ON_ITS_WAY)
        host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
        return not handed_on and _is_loopback(_address(scope)) and _is_here(host)

    def _shed(self, scope: Scope) -> Response | None:
        """A refusal where more is under way than can be answered before callers give up.

        It comes before the body is read, before any signature is looked at.
        """
        if self._under_way <= MOST_UNDER_WAY // 2:
            return None
        who = _claimed(scope) if scope["path"] == _FIRST else ""
        goes_first = scope["path"] != _FIRST or self._crowd.expects(who)
        if self._under_way <= MOST_UNDER_WAY and goes_first:
            self._crowd.came(who)
            return None
        self._metrics.limited.labels("busy").inc()
        scope["route"] = _Named("busy")
        problem = problem_of(TooBusy())
        later = self._crowd.later(who, self._random.random())
        return _refusal(Problem(problem.status, problem.name, problem.detail, later))

    async def _put_off(self, scope: Scope, caller: Caller) -> Response | None:
        """A refusal where the caller has asked too much; None where it may go on."""
        if self._strangers is None or self._devices is None:
            return None
        cost = _COSTS.get((scope["method"], scope["path"]), 1.0)
        wait = self._strangers.take(self._addresses.hidden(_address(scope)), cost)
        cause = "stranger"
        if wait and (device := await caller.device()) is not None:
            # Many devices may share an address: each has a bucket of its own.
            wait, cause = self._devices.take(device.encode(), cost), "device"
        if not wait:
            return None
        self._metrics.limited.labels(cause).inc()
        tell(Event.LIMITED, logging.DEBUG, cause=cause, method=_method(scope))
        problem = problem_of(TooMany())
        later = spread(wait, self._random.random())
        return _refusal(Problem(problem.status, problem.name, problem.detail, later))


class Keys:
    """The keys of enrolled devices, of organisers and of who reads with them, looked up once.

    A key that was revoked since serves here no less: it only says whose bucket is emptied.
    """

    def __init__(
        self, service: Service, aside: Callable[[Callable[[], object]], Awaitable[object]]
    ) -> None:
        self._service = service
        self._aside = aside
        self._known: OrderedDict[str, Ed25519PublicKey] = OrderedDict()

    async def of(self, key_id: str) -> Ed25519PublicKey | None:
        """The key of a device or an organiser; None where there is none of this id."""
        if key_id in self._known:
            return self._known[key_id]
        found = await self._aside(lambda: self._look_up(key_id))
        if not isinstance(found, Ed25519PublicKey):
            return None
        self._known[key_id] = found
        while len(self._known) > _MOST_KEYS:
            self._known.popitem(last=False)
        return found

    def _look_up(self, key_id: str) -> Ed25519PublicKey | None:
        for device in self._service.store.devices(key_id):
            return device.public_key
        return self._service.desk_key(key_id)

    async def may_send(self, key_id: str) -> bool:
        """Whether it is the key of a device that may send now."""
        found = await self._aside(
            lambda: any(one.revoked_at is None for one in self._service.store.devices(key_id))
        )
        return bool(found)


class Caller:
    """Who asks: a device, or an organiser, that can prove it, or anybody."""

    def __init__(self, request: Request, keys: Keys) -> None:
        self._request = request
        self._keys = keys
        self._asked = False
        self._device: str | None = None

    async def device(self) -> str | None:
        """The id of the key that signed this request (RFC 9421); None where none known here did."""
        if not self._asked:
            self._asked = True
            self._device = await self._proved()
        return self._device

    async def is_known(self) -> bool:
        """Whether it is a device or an organiser."""
        return await self.device() is not None

    async def may_send(self) -> bool:
        """Whether it is a device that may send: revoked ones are strangers."""
        device = await self.device()
        return device is not None and await self._keys.may_send(device)

    @property
    def address(self) -> str:
        """Where it asks from."""
        return _address(self._request.scope)

    async def _proved(self) -> str | None:
        try:
            parts = parts_of(self._request)
            known = {name: await self._keys.of(name) for name in signers(parts)}
            # Whoever repeats a request that a device signed only empties that device's bucket,
            # and can do so only over a network that does not keep secrets.
            return verify_request(parts, b"", known.get, 0.0, window=None)
        except (SignatureRefused, UnicodeError):
            return None


def caller_of(request: Request) -> Caller:
    """Who sent a request that came through the gate."""
    caller: Caller = request.scope[_CALLER]
    return caller


def parts_of(request: Request) -> RequestParts:
    """What of a request its signature covers."""
    scope = request.scope
    return RequestParts.received(
        request.method,
        scope["scheme"],
        scope["raw_path"],
        scope["query_string"],
        [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
    )


class _Named:
    """Stands for the route of what is answered here."""

    def __init__(self, path: str) -> None:
        self.path = path


def _route(scope: Scope) -> str:
    """The pattern that a request fitted: what was typed stays out of figures and logs."""
    return getattr(scope.get("route"), "path", "none")


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    known = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS")
    return method if method in known else "other"


def _claimed(scope: Scope) -> str:
    """The id of the key by which a request says that it is signed; "" where it says nothing."""
    for name, value in scope["headers"]:
        if name == b"signature-input" and (found := _KEY_ID.search(value)):
            return found[1].decode()
    return ""


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _is_here(host: str) -> bool:
    return host == "localhost" or _is_loopback(host.strip("[]"))


def _refusal(problem: Problem) -> Response:
    headers = {"Cache-Control": "no-store"}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    return Response(problem.body(), problem.status, headers, MEDIA_TYPE)


def _json(value: dict[str, object], status: int) -> Response:
    body = rfc8785.dumps(value)  # type: ignore[arg-type]
    return Response(body, status, {"Cache-Control": "no-store"}, "application/json")
