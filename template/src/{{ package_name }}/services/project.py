"""Creating and finding projects."""

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from ..models import Project
from ..schemas import ProjectCreate
from .pages import Page, read_page


class ProjectService:
    """Works with projects through its caller's session, which it never commits."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def create(self, data: ProjectCreate) -> Project:
        """Add a project and return it with its id."""
        project = Project.model_validate(data)
        self._session.add(project)
        await self._session.flush()
        return project

    async def get(self, project_id: int) -> Project | None:
        """Return the project, or None if there is none."""
        return await self._session.get(Project, project_id)

    async def list_paginated(
        self, limit: int = 20, offset: int = 0, *, after: int = 0
    ) -> Page[Project]:
        """Return up to `limit` projects, oldest first. See `read_page`."""
        return await read_page(
            self._session,
            select(Project),
            Project.id,
            limit=limit,
            offset=offset,
            after=after,
        )
