"""Labels on plain SQLAlchemy are rows as any other, and gone after each test."""

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession
from task_tracker.models import Project
from task_tracker.models.label import Label


@pytest.mark.parametrize("text", ["first", "second"])
async def test_label_is_stored(
    session: AsyncSession, project: Project, text: str
) -> None:
    session.add(Label(text=text, project=project))
    await session.commit()

    label = (await session.exec(select(Label))).one()
    assert (label.text, label.project_id) == (text, project.id)
