"""What tests do not reach: databases besides their own, unless they are named."""

import psycopg
import pytest

from .matrix.facts import DRIVERS
from .matrix.postgresql import create_database
from .scenarios import Make, assert_says, run_scenario

REFUSED = ("Code would reach", "which nobody has named for tests", "test_databases")


@pytest.mark.parametrize(
    ("backend", "isolation"),
    [("sqlite-memory", "rollback"), ("sqlite-file", "truncate")],
)
def test_sqlite_file_is_not_even_made_unless_it_is_named(
    make: Make, backend: str, isolation: str
) -> None:
    project = make(backend=backend, isolation=isolation)
    reports = project.root / "reports.db"
    run = run_scenario(project, "elsewhere", "-k", "not postgresql", "--tb=line")

    assert {name for name, outcome in run.outcomes.items() if outcome == "passed"} == {
        "tests/test_elsewhere.py::test_passes_in_memory_and_in_a_folder_of_the_test"
    }, run.output
    assert len(run.outcomes) == 10
    assert run.output.count(" ".join(REFUSED[1:2])) >= 7
    assert "ATTACH and VACUUM INTO" in run.output
    assert not reports.exists()

    named = "sqlite:///reports.db", "REPORTS_URL NOT_SET"
    for names, url in zip(named, ("", f"sqlite+aiosqlite:///{reports}"), strict=True):
        variables = {"REPORTS_URL": url} if url else {}
        options = ["-o", f"test_databases={names}", "-k", "application or attached"]
        run = run_scenario(project, "elsewhere", *options, **variables)
        assert [*run.outcomes.values()] == ["passed", "passed"], run.output
        reports.unlink()


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("place", ["own", "named"])
def test_other_database_of_a_server_is_refused_unless_it_is_named(
    make: Make, server: int, driver: str, place: str
) -> None:
    project = make(backend="postgresql", postgres_driver=driver)
    name = f"reports_{driver}_{place}"
    url = create_database(server, name).replace("://", f"+{driver}://")
    variables = {"REPORTS_URL": url}
    if place == "named":  # beside that of the tests
        test = f"postgresql://postgres@127.0.0.1:{server}/{name}_test"
        variables["TEST_DATABASE_URL"] = test
    refused = run_scenario(project, "elsewhere", "-k", "engine", **variables)
    tables = "SELECT count(*) FROM pg_tables WHERE tablename = 'report'"

    with psycopg.connect(url.replace(f"+{driver}", "")) as connection:
        assert {*refused.outcomes.values()} == {"failed"}, refused.output
        assert_says(refused.output, *REFUSED)
        assert connection.execute(tables).fetchone() == (0,)
        options = ["-o", "test_databases=REPORTS_URL", "-k", "of_the_application"]
        run = run_scenario(project, "elsewhere", *options, **variables)
        assert run.status == 0, run.output
        assert connection.execute(tables).fetchone() == (1,)


def test_what_names_no_database_is_refused_before_anything_starts(make: Make) -> None:
    run = run_scenario(make(), "elsewhere", "-o", "test_databases=reports.db")

    assert run.status == pytest.ExitCode.USAGE_ERROR
    assert_says(run.output, "test_databases holds", "reports.db", "neither a URL nor")
