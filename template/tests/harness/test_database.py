# fmt: off; isort: skip_file
"""The application's database while tests run, its sessions, and its models."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from sqlalchemy import MetaData
from sqlalchemy.exc import UnboundExecutionError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import Field, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .application import Base, database
from .probe import Probe


def test_other_databases_are_refused_before_the_application_starts(
    pytestconfig: pytest.Config,
) -> None:
    own = "postgresql://app:letmein@db.example.com/shop"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", __file__],
        cwd=pytestconfig.rootpath,
        env=os.environ | {"DATABASE_URL": own, "TEST_DATABASE_URL": own},
        capture_output=True,
    )

    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert b"TEST_DATABASE_URL is" in run.stderr
    assert b"letmein" not in run.stdout + run.stderr


@pytest.mark.usefixtures("database")
@pytest.mark.filterwarnings("ignore::tests.harness.leaks.BypassWarning")
async def test_application_connects_its_sessions_to_the_database_of_the_tests() -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    async with database.connect() as engine, database.session_factory() as session:
        await session.connection()
        assert f"_test_{worker}".removesuffix("_") in str(engine.url.database)

    with pytest.raises(UnboundExecutionError):
        await database.session_factory().connection()


async def test_application_that_connects_inside_a_test_joins_it(
    session: AsyncSession, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = engine.url.set(database="another.db", query={})
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    session.add(Probe(name="committed"))
    await session.commit()
    async with database.connect() as connected, database.session_factory() as other:
        assert connected is engine, "Take connect() in database.py from a new project."
        assert (await other.exec(select(Probe.name))).all() == ["committed"]
        other.add(Probe(name="by the application"))
        await other.commit()

    async with database.session_factory() as after:
        assert len((await after.exec(select(Probe))).all()) == 2
    assert not Path("another.db").exists()


async def test_objects_stay_readable_after_a_commit(session: AsyncSession) -> None:
    probe = Probe(name="committed")
    session.add(probe)
    await session.commit()
    assert probe.id is not None


def test_warnings_are_errors() -> None:
    with pytest.raises(UserWarning, match="old"):
        warnings.warn("old", stacklevel=1)


class Box(Base, table=True):
    """A model of the application's."""

    metadata = MetaData()  # not that of the models: nothing makes this table
    id: int | None = Field(default=None, primary_key=True)
    name: str


def test_name_that_a_model_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="'nme' is an invalid keyword argument"):
        Box(name="name", nme="name")  # type: ignore[call-arg]
