"""Equal tests that do what tests do: three inserts, two commits and a query."""

import os

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession
from task_tracker.models import Project, Task, Worker


@pytest.mark.parametrize("number", range(int(os.environ["BENCHMARK_TESTS"])))
async def test_realistic(session: AsyncSession, number: int) -> None:
    project = Project(name="Apollo")
    # The handle is unique, so no row of another test may be left.
    worker = Worker(handle="ada")
    session.add_all([project, worker])
    await session.commit()
    session.add(Task(title="Build", project_id=project.id, created_by_id=worker.id))
    await session.commit()

    tasks = (await session.exec(select(Task).order_by(Task.title))).all()

    assert [task.title for task in tasks] == ["Build"]
