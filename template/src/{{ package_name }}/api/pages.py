"""Pages of lists: what callers may ask for, and the link to the next one."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Request, Response
from pydantic import BaseModel, Field

from ..services.pages import MAX_PAGE_SIZE, Page

MAX = 2**31 - 1  # of an INTEGER of PostgreSQL
LINKED: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            "Link": {
                "description": "The next page, as RFC 8288 has it, if there is one.",
                "schema": {"type": "string"},
            }
        }
    }
}


class PageQuery(BaseModel):
    """Which part of a list. Unknown parameters are refused."""

    model_config = {"extra": "forbid"}

    limit: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)] = 20
    offset: Annotated[int, Field(ge=0, le=MAX, description="How many to skip.")] = 0
    after: Annotated[int, Field(ge=0, le=MAX, description="The last id to skip.")] = 0


def link_next(page: Page[Any], request: Request, response: Response) -> None:
    """Add the link to the page after `page`, which `request` asked for, if any."""
    if page.next_after is not None:
        query = {**request.query_params, "after": page.next_after}
        query.pop("offset", None)
        target = f"{request.url.path}?{urlencode(query)}"
        response.headers["Link"] = f'<{target}>; rel="next"'
