"""A script that makes tables of the models in a module, and rows."""

import importlib
import sys
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import String, cast, create_engine, insert, literal, select, text
from sqlmodel import Session, SQLModel


def add_tasks(session: Session, model: Any, count: int, **values: Any) -> None:
    """Add so many tasks in one statement, with ids from 1 on."""
    numbers = select(literal(1).label("number")).cte(recursive=True)
    following = select(numbers.c.number + 1).where(numbers.c.number < count)
    numbers = numbers.union_all(following)
    columns = {
        name: literal(value, getattr(model, name).type)
        for name, value in values.items()
    }
    title = literal("Task ") + cast(numbers.c.number, String)
    session.execute(
        insert(model).from_select(
            ["title", *columns], select(title, *columns.values()).select_from(numbers)
        )
    )


_, module, url, tasks = sys.argv
models = importlib.import_module(module)
engine = create_engine(url)
SQLModel.metadata.create_all(engine)
now = datetime.now(UTC)
with Session(engine) as session:
    project = models.Project(name="Project")
    worker = models.Worker(handle="worker")
    session.add_all([project, worker])
    session.flush()
    add_tasks(
        session,
        models.Task,
        int(tasks),
        status=models.TaskStatus.PENDING,
        project_id=project.id,
        created_by_id=worker.id,
        created_at=now,
        updated_at=now,
    )
    session.commit()
    session.execute(text("ANALYZE"))
    session.commit()
