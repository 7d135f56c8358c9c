"""What HTTP asks of all paths: HEAD wherever there is GET, and `Allow` in full."""

from collections.abc import Iterator

from starlette.datastructures import MutableHeaders
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


class Methods:
    """Middleware that answers HEAD as GET, and names all methods of a path in a 405.

    The server leaves out the body of what is asked for with HEAD.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, or whatever else a server sends."""

        async def send_all_methods(message: Message) -> None:
            is_start = message["type"] == "http.response.start"
            if is_start and message["status"] == 405:
                headers = MutableHeaders(scope=message)
                headers["Allow"] = ", ".join(_methods_of(scope))
            await send(message)

        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["method"] == "HEAD" and not _has(scope, "HEAD"):
            as_get = {**scope, "method": "GET"}
            try:
                await self._app(as_get, receive, send_all_methods)
            finally:
                scope.update(as_get, method="HEAD")  # the log has the route from it
        else:
            await self._app(scope, receive, send_all_methods)


def _methods_of(scope: Scope) -> Iterator[str]:
    for method in METHODS:
        if _has(scope, method) or (method == "HEAD" and _has(scope, "GET")):
            yield method


def _has(scope: Scope, method: str) -> bool:
    """Return whether the path has an operation for a method."""
    asked = {**scope, "method": method}
    return any(route.matches(asked)[0] is Match.FULL for route in scope["app"].routes)
