"""The API that tutorials on FastAPI and async SQLModel show, in one file.

It does the same work as the template's example: the same columns, relationships,
filters, statements and responses. The engine has SQLAlchemy's defaults, and the path
operations commit.
"""

import os
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Optional

from fastapi import Depends, FastAPI, HTTPException, Query
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Field, Relationship, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession


class ProjectStatus(StrEnum):
    ACTIVE = "active"
    ARCHIVED = "archived"


class WorkerType(StrEnum):
    HUMAN = "human"
    AGENT = "agent"


class TaskStatus(StrEnum):
    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


def utc_now() -> datetime:
    return datetime.now(UTC)


class Project(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=200)
    status: ProjectStatus = ProjectStatus.ACTIVE

    tasks: list["Task"] = Relationship(back_populates="project")


class Worker(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    handle: str = Field(max_length=50, unique=True)
    type: WorkerType = WorkerType.HUMAN
    email: str | None = Field(default=None, max_length=320)

    created_tasks: list["Task"] = Relationship(back_populates="created_by")


class TaskBase(SQLModel):
    title: str = Field(min_length=1, max_length=200)
    status: TaskStatus = TaskStatus.PENDING
    project_id: int = Field(foreign_key="project.id", index=True)
    created_by_id: int = Field(foreign_key="worker.id", index=True)
    parent_task_id: int | None = Field(
        default=None, foreign_key="task.id", index=True, ondelete="SET NULL"
    )


class Task(TaskBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    created_at: datetime = Field(default_factory=utc_now)
    updated_at: datetime = Field(
        default_factory=utc_now, sa_column_kwargs={"onupdate": utc_now}
    )
    deleted_at: datetime | None = None

    project: Project = Relationship(back_populates="tasks")
    created_by: Worker = Relationship(back_populates="created_tasks")
    parent_task: Optional["Task"] = Relationship(
        back_populates="subtasks", sa_relationship_kwargs={"remote_side": "Task.id"}
    )
    subtasks: list["Task"] = Relationship(back_populates="parent_task")


class TaskCreate(TaskBase):
    pass


class TaskUpdate(SQLModel):
    title: str | None = Field(default=None, min_length=1, max_length=200)
    status: TaskStatus | None = None
    parent_task_id: int | None = None


class TaskRead(TaskBase):
    id: int
    created_at: datetime
    updated_at: datetime


engine = create_async_engine(os.environ["DATABASE_URL"])
make_session = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with make_session() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]


@app.post("/tasks", status_code=201, response_model=TaskRead)
async def create_task(data: TaskCreate, session: Session) -> Task:
    task = Task.model_validate(data)
    session.add(task)
    await session.commit()
    return task


@app.get("/tasks", response_model=list[TaskRead])
async def list_tasks(
    session: Session,
    project_id: int | None = None,
    status: TaskStatus | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Sequence[Task]:
    query = select(Task).where(col(Task.deleted_at).is_(None))
    if project_id is not None:
        query = query.where(Task.project_id == project_id)
    if status is not None:
        query = query.where(Task.status == status)
    query = query.order_by(col(Task.id))
    return (await session.exec(query.limit(limit).offset(offset))).all()


@app.get("/tasks/{task_id}", response_model=TaskRead)
async def read_task(task_id: int, session: Session) -> Task:
    task = await session.get(Task, task_id)
    if task is None or task.deleted_at is not None:
        raise HTTPException(status_code=404, detail="Task not found")
    return task


@app.patch("/tasks/{task_id}", response_model=TaskRead)
async def update_task(task_id: int, data: TaskUpdate, session: Session) -> Task:
    task = await session.get(Task, task_id)
    if task is None or task.deleted_at is not None:
        raise HTTPException(status_code=404, detail="Task not found")
    task.sqlmodel_update(data.model_dump(exclude_unset=True))
    session.add(task)
    await session.commit()
    return task
