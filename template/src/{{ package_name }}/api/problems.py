"""Errors as problem details (RFC 9457), which show nothing of the code or the SQL."""

import http.client
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """What an error's body is. `errors` says which parts of a request are invalid."""

    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = []


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what the OpenAPI document says of these errors."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": _title(status), "content": content}
        for status in statuses
    }


def set_up(app: FastAPI) -> None:
    """Let `app` answer errors with problem details, and describe them.

    Unforeseen ones are raised again afterwards, so that the server logs them.
    """

    @app.exception_handler(HTTPException)
    async def refuse(_: Request, error: HTTPException) -> JSONResponse:
        return _respond(error.status_code, str(error.detail), headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def refuse_invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        # Without the input, which may be secret, or no JSON.
        errors = [
            {"where": ".".join(map(str, problem["loc"])), "what": problem["msg"]}
            for problem in error.errors()
        ]
        return _respond(422, "The request is not valid.", errors=errors)

    @app.exception_handler(IntegrityError)
    async def refuse_conflict(_: Request, _error: IntegrityError) -> JSONResponse:
        detail = "It refers to what is missing, or repeats what must be unique."
        return _respond(409, detail)

    @app.exception_handler(Exception)
    async def apologise(_: Request, _error: Exception) -> JSONResponse:
        return _respond(500, "The server could not handle the request.")

    # FastAPI itself would describe them as application/json. See "Extending OpenAPI" in
    # its documentation.
    def openapi() -> dict[str, Any]:
        document = FastAPI.openapi(app)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = Problem.model_json_schema()
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _respond(
    status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    problem = Problem(title=_title(status), status=status, detail=detail, **more)
    body = problem.model_dump(exclude_defaults=True)
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


def _title(status: int) -> str:
    return http.client.responses.get(status, "Error")
