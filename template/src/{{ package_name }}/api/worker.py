"""Workers: the operations of `WorkerService`, over HTTP."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from pydantic import BaseModel

from ..models import Worker, WorkerType
from ..schemas import WorkerCreate
from ..schemas.fields import Id
from ..services import WorkerService
from . import problems
from .dependencies import Session
from .pages import LINKED, PageQuery, link_next

router = APIRouter(
    prefix="/workers", tags=["workers"], responses=problems.responses(422)
)
# A body that cannot be decoded, and a handle that is taken.
REFUSED = problems.responses(400, 409)


class WorkerRead(BaseModel):
    """What callers see of a worker."""

    id: int
    handle: str
    type: WorkerType
    email: str | None


async def get_service(session: Session) -> WorkerService:
    """Make a service on the session of the request."""
    return WorkerService(session)


Service = Annotated[WorkerService, Depends(get_service)]


@router.post("", status_code=201, response_model=WorkerRead, responses=REFUSED)
async def create_worker(
    data: WorkerCreate, service: Service, request: Request, response: Response
) -> Worker:
    """Create a worker, whose handle no other has."""
    worker = await service.create(data)
    url = request.url_for("read_worker", worker_id=worker.id)
    response.headers["Location"] = url.path
    return worker


@router.get("", response_model=list[WorkerRead], responses=LINKED)
async def list_workers(
    query: Annotated[PageQuery, Query()],
    service: Service,
    request: Request,
    response: Response,
) -> Sequence[Worker]:
    """List workers, oldest first: a page of all."""
    page = await service.list_paginated(**query.model_dump())
    link_next(page, request, response)
    return page.items


@router.get(
    "/{worker_id}", response_model=WorkerRead, responses=problems.responses(404)
)
async def read_worker(worker_id: Id, service: Service) -> Worker:
    """Show a worker."""
    worker = await service.get(worker_id)
    if worker is None:
        raise HTTPException(404, f"There is no worker {worker_id}.")
    return worker
