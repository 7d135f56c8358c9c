"""What factories make, and what they refuse because it would fail silently."""

import types

import pytest
from task_tracker.models import Task, Worker

from tests.factories import AgentFactory, ProjectFactory, TaskFactory, WorkerFactory
from tests.harness.factories import Factory


async def test_related_objects_are_made_and_committed(session, session_factory):
    task = await TaskFactory.create(session)
    [other] = await TaskFactory.create_batch(session, 1, parent_task=task)
    await session.rollback()
    async with session_factory() as later:
        found = await later.get(Task, other.id)
        assert found.parent_task_id == task.id
        assert found.created_by_id not in (None, task.created_by_id)
        assert found.project_id == other.project.id != task.project_id


async def test_project_is_made_with_its_tasks(session):
    project = await ProjectFactory.create(session, tasks=TaskFactory.build_batch(2))
    assert [task.project_id for task in project.tasks] == [project.id] * 2


async def test_declared_value_comes_before_the_default(session):
    agent = await AgentFactory.create(session)
    await session.refresh(agent)
    assert agent.type == "agent"


async def test_constraint_that_is_violated_is_named(session):
    worker = await WorkerFactory.create(session)
    with pytest.raises(Exception, match=r"(?i)unique"):
        await WorkerFactory.create(session, handle=worker.handle)
    await session.rollback()


def declare(model=Worker, **attributes):
    base = Factory[model]
    return types.new_class(
        "OwnFactory", (base,), exec_body=lambda n: n.update(attributes)
    )


async def test_foreign_key_that_is_declared_stands_for_its_object(session):
    task = await TaskFactory.create(session)
    keys = {"project_id": task.project_id, "created_by_id": task.created_by_id}
    other = await declare(Task, title="x", **keys).create(session)
    assert other.project_id == task.project_id
    assert other.created_by_id == task.created_by_id


if hasattr(Factory, "create_async"):
    OWN_WAYS = [
        ("await TaskFactory.create", lambda _: TaskFactory.create_sync()),
        ("await TaskFactory.create", lambda _: TaskFactory.create_batch_sync(2)),
        ("await TaskFactory.create", lambda _: TaskFactory.create_async()),
        ("await TaskFactory.create", lambda _: TaskFactory.create_batch_async(2)),
        ("--randomly-seed=1", lambda _: TaskFactory.seed_random(1)),
        ("hadnle", lambda _: declare(hadnle="x")),
    ]
else:

    class Meta:
        model = Worker
        sqlalchemy_session = None

    OWN_WAYS = [
        ("await OwnFactory.create", lambda _: declare(Meta=Meta)),
        ("no model", lambda _: type("OwnFactory", (Factory,), {}).build()),
        ("session", lambda _: TaskFactory.simple_generate(True)),
        ("project__name", lambda _: TaskFactory.build(project=1, project__name="x")),
    ]


MISUSES = [  # besides those of every project's own test
    *OWN_WAYS,
    ("'session'", lambda session: TaskFactory.create(session=session)),
    ("test's session", lambda session: TaskFactory.create_batch(3, session)),
    ("positional", lambda session: TaskFactory.build(session)),
    ("titel", lambda _: TaskFactory.build(titel="x")),
    ("'project_id'", lambda _: TaskFactory.build(project=None, project_id=1)),
]


@pytest.mark.parametrize(("says", "misuse"), MISUSES, ids=range(len(MISUSES)))
async def test_misuse_is_refused(session, says, misuse):
    with pytest.raises(TypeError, match=says):  # noqa: PT012
        made = misuse(session)
        await made
