"""What HTTP asks of all paths: HEAD wherever there is GET, and `Allow` in full."""

from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


class Head:
    """Middleware that answers HEAD as GET. The server leaves the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, or whatever else a server sends."""
        if scope.get("method") != "HEAD" or _has(scope, "HEAD"):
            await self._app(scope, receive, send)
            return
        as_get = {**scope, "method": "GET"}
        try:
            await self._app(as_get, receive, send)
        finally:
            scope.update(as_get, method="HEAD")  # the log has the route from it


def allowed(scope: Scope) -> str:
    """Return the methods of a path, as the header `Allow` has them."""
    having = [method for method in METHODS if _has(scope, method)]
    if "GET" in having and "HEAD" not in having:
        having.insert(1, "HEAD")
    return ", ".join(having)


def _has(scope: Scope, method: str) -> bool:
    """Return whether the path has an operation for a method."""
    asked = {**scope, "method": method}
    return any(route.matches(asked)[0] is Match.FULL for route in scope["app"].routes)
