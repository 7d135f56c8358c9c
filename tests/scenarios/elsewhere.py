"""Tests that reach for databases that are not theirs: each has to fail."""

import os
import sqlite3
from pathlib import Path

import aiosqlite
import pytest
import sqlalchemy
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.harness.application import create_engine

REPORTS = os.environ.get("REPORTS_URL", "sqlite+aiosqlite:///reports.db")


async def write(engine):
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE report (n int)"))
    await engine.dispose()


async def test_engine_of_the_application(session):
    await write(create_engine(REPORTS))


async def test_engine_without_a_database_of_the_tests():
    await write(create_engine(REPORTS))


def test_engine_that_is_not_asynchronous():
    url = REPORTS.replace("aiosqlite", "pysqlite").replace("asyncpg", "psycopg")
    with sqlalchemy.create_engine(url).begin() as connection:
        connection.execute(text("CREATE TABLE report (n int)"))


def test_file_by_a_creator():
    engine = sqlalchemy.create_engine(
        "sqlite://", creator=lambda: sqlite3.connect("reports.db")
    )
    with engine.connect():
        pass


def test_file_by_its_driver():
    sqlite3.connect("file:reports.db?mode=rwc", uri=True)


async def test_file_by_its_driver_in_a_thread():
    async with aiosqlite.connect("reports.db"):
        pass


def test_file_that_a_link_leads_to(tmp_path):
    (tmp_path / "link.db").symlink_to(Path("reports.db").absolute())
    sqlite3.connect(tmp_path / "link.db")


async def test_file_that_is_attached(session):
    connection = await session.connection()
    await connection.exec_driver_sql("ATTACH 'reports.db' AS reports")


@pytest.mark.real_commits
async def test_file_that_is_a_copy(engine):
    async with engine.connect() as connection:
        connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.exec_driver_sql("VACUUM INTO 'reports.db'")


async def test_passes_in_memory_and_in_a_folder_of_the_test(tmp_path):
    for url in ("sqlite+aiosqlite://", f"sqlite+aiosqlite:///{tmp_path}/reports.db"):
        await write(create_async_engine(url))
