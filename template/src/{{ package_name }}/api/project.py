"""Projects: the operations of `ProjectService`, over HTTP."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from pydantic import BaseModel

from ..models import Project, ProjectStatus
from ..schemas import ProjectCreate
from ..schemas.fields import Id
from ..services import ProjectService
from . import problems
from .dependencies import Session
from .pages import LINKED, PageQuery, link_next

router = APIRouter(
    prefix="/projects", tags=["projects"], responses=problems.responses(422)
)


class ProjectRead(BaseModel):
    """What callers see of a project."""

    id: int
    name: str
    status: ProjectStatus


async def get_service(session: Session) -> ProjectService:
    """Make a service on the session of the request."""
    return ProjectService(session)


Service = Annotated[ProjectService, Depends(get_service)]


@router.post(
    "", status_code=201, response_model=ProjectRead, responses=problems.responses(400)
)
async def create_project(
    data: ProjectCreate, service: Service, request: Request, response: Response
) -> Project:
    """Create a project."""
    project = await service.create(data)
    url = request.url_for("read_project", project_id=project.id)
    response.headers["Location"] = url.path
    return project


@router.get("", response_model=list[ProjectRead], responses=LINKED)
async def list_projects(
    query: Annotated[PageQuery, Query()],
    service: Service,
    request: Request,
    response: Response,
) -> Sequence[Project]:
    """List projects, oldest first: a page of all."""
    page = await service.list_paginated(**query.model_dump())
    link_next(page, request, response)
    return page.items


@router.get(
    "/{project_id}", response_model=ProjectRead, responses=problems.responses(404)
)
async def read_project(project_id: Id, service: Service) -> Project:
    """Show a project."""
    project = await service.get(project_id)
    if project is None:
        raise HTTPException(404, f"There is no project {project_id}.")
    return project
