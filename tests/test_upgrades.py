"""Alembic's commands where they run: in deployments, and in async code."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .matrix import environment
from .matrix.environment import FILES, program
from .matrix.facts import BOTH, DRIVERS, STRATEGIES
from .matrix.postgresql import create_database
from .matrix.projects import Project
from .matrix.runner import run_pytest
from .scenarios import Make, assert_says, run_scenario

HARNESS = ["-q", "-rs", "tests/harness/test_migrations.py"]
NO_DRIFT = ["--deselect", f"{HARNESS[-1]}::test_models_are_what_the_migrations_make"]


def add_revisions(project: Project, *names: str) -> None:
    """Add migrations to a project."""
    for name in names:
        path = FILES / "revisions" / f"{name}.py"
        shutil.copy(path, project.root / "migrations" / "versions")


@pytest.mark.parametrize("kind", ["sqlite", *DRIVERS])
def test_replicas_that_upgrade_at_once_wait_for_each_other(
    make: Make, tmp_path: Path, server: int, kind: str
) -> None:
    project, url = make(backend="sqlite-file"), f"sqlite:///{tmp_path}/app.db"
    if kind != "sqlite":
        shutil.rmtree(project.root)
        project = make(backend="postgresql", postgres_driver=kind)
        url = create_database(server, f"replicas_{tmp_path.parent.name}_{kind}")
    add_revisions(project, "0002_indexed")
    variables = {"DATABASE_URL": url, "PATH": environment.variables()["PATH"]}
    with ThreadPoolExecutor() as pool:
        runs = [
            pool.submit(project.run, "alembic", "upgrade", "head", **variables)
            for _ in range(4)
        ]
    upgrades = [run.result().stderr.count("Running upgrade") for run in runs]
    assert sorted(upgrades) == [0, 0, 0, 2]


def test_database_that_refuses_is_a_line_and_status_1(
    make: Make, tmp_path: Path, server: int
) -> None:
    project, command = make(backend=BOTH), [program("alembic"), "upgrade", "head"]
    host = f"127.0.0.1:{server}"
    for url, cause in (
        ("postgresql://me:secret@127.0.0.1:1/app", "Connect call failed"),
        (f"postgresql://postgres@{host}/nowhere", 'database "nowhere" does not exist'),
        (f"postgresql://nobody@{host}/postgres", 'role "nobody" does not exist'),
        (f"sqlite:///{tmp_path}/no/folder/app.db", "unable to open database file"),
        ("", "DATABASE_URL is not set: set it, or copy .env.example to .env"),
        ("mysql://db/app", "runs on sqlite or postgresql"),
    ):
        done = environment.run(project.root, *command, DATABASE_URL=url)

        assert done.returncode == 1
        assert_says(done.stderr, "FAILED: ", cause)
        assert len(done.stderr.splitlines()) == 1
        assert "secret" not in done.stderr
    assert not list(project.root.glob("*.db"))


def test_sql_is_written_without_a_server(make: Make) -> None:
    project = make(backend=BOTH)
    for url in ("postgresql://me@127.0.0.1:1/app", "sqlite:///none.db"):
        command = ["alembic", "upgrade", "head", "--sql"]
        assert "CREATE TABLE task" in project.run(*command, DATABASE_URL=url).stdout
    assert not list(project.root.glob("*.db"))


def test_command_from_another_folder_uses_the_projects_settings(
    make: Make, tmp_path: Path
) -> None:
    project = make(backend="sqlite-file")
    add_revisions(project, "0002_indexed")
    (project.root / ".env").write_text("DATABASE_URL=sqlite:///app.db\n")
    command = [program("alembic"), "-c", str(project.root / "pyproject.toml")]
    command += ["-x", "name=named", "upgrade", "head"]
    done = environment.run(tmp_path, *command, PYTHONPATH=project.root / "src")

    assert done.returncode == 0, done.stderr
    assert b"ix_named_a" in (project.root / "app.db").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["project"]


@pytest.mark.parametrize("driver", DRIVERS)
def test_each_revision_is_undone_also_on_branches_and_others_are_named(
    make: Make, driver: str
) -> None:
    project = make(backend="postgresql", postgres_driver=driver)
    add_revisions(project, "0002_indexed", "0002_left")
    heads = run_pytest(project.root, HARNESS)
    assert_says(heads.output, "Merge them: uv run alembic merge heads")

    add_revisions(project, "0003_mood", "0004_glad", "0005_felt", "0006_merged")
    run = run_pytest(project.root, [*HARNESS, *NO_DRIFT, "-k", "each_migration"])
    assert run.status == 0, run.output
    assert_says(run.output, "cannot be undone, as they say: 0004")

    mood = project.root / "migrations" / "versions" / "0003_mood.py"
    text = mood.read_text()
    mood.write_text(text.replace('    op.execute("DROP TYPE mood")\n', ""))
    run = run_pytest(project.root, [*HARNESS, "-k", "each_migration"])
    left = "type mood: it leaves sad"
    assert_says(run.output, "0003", "is not undone by downgrade()", left)


def test_value_that_a_migration_adds_and_uses_itself_is_explained(
    make: Make, tmp_path: Path, server: int
) -> None:
    project = make(backend="postgresql")
    add_revisions(project, "0002_indexed", "0003_mood", "0004_glad")
    added = project.root / "migrations" / "versions" / "0004_glad.py"
    use = "    op.execute(\"INSERT INTO felt VALUES ('glad')\")\n\n\ndef downgrade"
    added.write_text(added.read_text().replace("\n\ndef downgrade", use))
    url = create_database(server, f"value_{tmp_path.parent.name}")
    command = [program("alembic"), "upgrade", "head"]
    done = environment.run(project.root, *command, DATABASE_URL=url)

    assert done.returncode == 1
    assert_says(done.stderr, "FAILED: ", "in a migration of its own")


@pytest.mark.one_of("isolation", "backend")
@pytest.mark.parametrize("backend", ["sqlite-memory", "sqlite-file", "postgresql"])
@pytest.mark.parametrize("isolation", STRATEGIES)
def test_migrations_in_async_code_work_or_say_what_to_write(
    make: Make, backend: str, isolation: str
) -> None:
    run = run_scenario(make(backend=backend, isolation=isolation), "lifespan")

    assert run.status == 0, run.output


@pytest.mark.one_of("isolation", "driver")
@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("isolation", STRATEGIES)
def test_settings_of_the_database_survive_a_restore(
    make: Make, isolation: str, driver: str
) -> None:
    answers = {"backend": "postgresql", "isolation": isolation}
    project = make(**answers, postgres_driver=driver)
    add_revisions(project, "0002_settings")
    run = run_scenario(project, "settings", "tests/harness/test_isolation.py")

    assert run.status == 0, run.output


def test_migrations_are_silent_while_tests_pass(make: Make) -> None:
    run = run_pytest(make().root, ["-q", "-s", "tests/harness/test_migrations.py"])

    assert run.status == 0, run.output
    assert run.output.startswith("....")
    assert "(head)" not in run.output
