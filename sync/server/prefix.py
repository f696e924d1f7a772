"""A server whose address has a path (`https://town.example/parvis`), behind a proxy of the town's.

Some proxies take the path off before they hand a request on, others leave it. Either way what comes
through here begins with the server's own paths. What links and addresses on pages need is found in
this order: what was given on the command line; what the proxy left in the request; what it says in
`X-Forwarded-Prefix`; the path of the address that devices were last enrolled by. Links do without
it: they are relative where nothing is known.

Signatures need none of this: they cover the path below the server's address (`sync.signatures`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

_OWN = frozenset({"v1", "register", "c", "r", "R", "style.css", "parvis-verify.py", "healthz"})
_MOST_STEPS = 5
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]{1,60}){1,5}")
_KEY = "parvis.prefix"


class BelowAPath:
    """An application that may lie below a path.

    Args:
        app: answers by the server's own paths.
        prefix: the path, as given to the operator's command; "" where none was.
        remembered: gives the path by which devices are enrolled; "" where there is none.
    """

    def __init__(self, app: ASGIApp, prefix: str, remembered: Callable[[], str]) -> None:
        self._app = app
        self._prefix = prefix
        self._remembered = remembered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            scope = {**scope, **self._below(scope)}
        await self._app(scope, receive, send)

    def _below(self, scope: Scope) -> dict[str, object]:
        """What of a request is otherwise once its path begins with the server's own."""
        left = _left_on(scope["path"], self._prefix, self._remembered())
        raw: bytes = scope["raw_path"]
        if left and raw.startswith(left.encode()):
            return {
                _KEY: left,
                "path": scope["path"][len(left) :] or "/",
                "raw_path": raw[len(left) :] or b"/",
            }
        said = Headers(scope=scope).get("x-forwarded-prefix", "").rstrip("/")
        if not self._prefix and _PREFIX.fullmatch(said):
            return {_KEY: said}
        return {_KEY: self._prefix or self._remembered()}


def _left_on(path: str, prefix: str, remembered: str) -> str:
    """The part of a path that the proxy left before the server's own; "" for none."""
    if prefix:
        return prefix if f"{path}/".startswith(f"{prefix}/") else ""
    if remembered and path in (remembered, f"{remembered}/"):
        return remembered
    steps = path.split("/")[1 : _MOST_STEPS + 2]
    at = next((place for place, step in enumerate(steps) if step in _OWN), 0)
    left = "/" + "/".join(steps[:at]) if at else ""
    return left if _PREFIX.fullmatch(left) else ""


def is_prefix(text: str) -> bool:
    """Whether a server can lie below this path: `/parvis`, without a slash at its end."""
    return _PREFIX.fullmatch(text) is not None


def prefix_of(request: Request) -> str:
    """The path that the server lies below; "" for none, or none that is known."""
    found: str = request.scope.get(_KEY, "")
    return found


def root_of(request: Request) -> str:
    """What a link on a page begins with, before the server's own path without its slash."""
    prefix = prefix_of(request)
    if prefix:
        return f"{prefix}/"
    return "../" * (request.url.path.count("/") - 1) or "./"
