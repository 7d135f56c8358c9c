"""Breaks of pytest's settings, of what workers share, and of the guard."""

from functools import partial

import pytest

from . import HARNESS, IN_MEMORY, ONE_OF_EACH, POSTGRESQL, Break

REFUSED = pytest.ExitCode.USAGE_ERROR
SIDE_BY_SIDE = ("-n", "2", "--maxfail=0")
RULES = "guard_postgresql::doubtful_database_is_refused"
NOT_FOR_TESTS = "database_that_is_not_for_tests"
RUN_IS_REFUSED = f"guard::{NOT_FOR_TESTS}_is_refused_before_the_application_starts"

in_settings = partial(Break, file="pyproject.toml", backends=IN_MEMORY)
in_plugin = partial(Break, isolation="snapshot", options=SIDE_BY_SIDE)
in_guard = partial(Break, file=f"{HARNESS}/guard.py", backends=POSTGRESQL)

BREAKS = [
    in_settings(
        "loop scope of each test is its own",
        'asyncio_default_test_loop_scope = "session"',
        'asyncio_default_test_loop_scope = "function"',
        "isolation",
        status=REFUSED,
        says="set asyncio_default_test_loop_scope to `session`",
    ),
    in_settings(
        "loop scope of each fixture is its own",
        'asyncio_default_fixture_loop_scope = "session"',
        'asyncio_default_fixture_loop_scope = "function"',
        "isolation",
        status=REFUSED,
        says="set asyncio_default_fixture_loop_scope to `session`",
    ),
    in_settings(
        "test has a loop of its own",
        "async def test_statements",
        '@pytest.mark.asyncio(loop_scope="function")\nasync def test_statements',
        "queries::statements_are_counted_without_transaction_control",
        file=f"{HARNESS}/test_queries.py",
        says="has to keep the loop scope `session`",
    ),
    in_settings(
        "harness is not loaded",
        '"-p", "tests.harness.plugin"',
        "",
        "isolation::commits_are_undone",
        says="fixture 'session' not found",
    ),
    in_plugin(
        "workers share a database",
        'suffix = f"_{worker}" if worker else ""',
        'suffix = ""',
        "guard::application_is_pointed_at_a_database_for_tests",
        backends=("sqlite-file",),
    ),
    in_plugin(
        "workers share a database",
        'suffix = f"_{worker}" if worker else ""',
        'suffix = ""',
        "isolation",
        backends=POSTGRESQL,
        status=pytest.ExitCode.INTERRUPTED,
        says="another test run is using",
    ),
    in_guard(
        "other kinds of databases are accepted",
        'elif url.get_backend_name() != "postgresql":',
        "elif False:",
        RULES,
    ),
    in_guard(
        "names that do not say test are accepted",
        "elif not _NAME.fullmatch(name):",
        "elif False:",
        RULES,
    ),
    in_guard(
        "queries that lead elsewhere are accepted",
        "elif others and not _is_socket(url):",
        "elif False:",
        RULES,
    ),
    in_guard(
        "other hosts are accepted",
        "elif not _is_local(url) and host.lower() not in allowed_hosts:",
        "elif False:",
        RULES,
    ),
    in_guard(
        "half a password is quoted",
        'if value.count("@") > (url.username is not None):',
        "if False:",
        RULES,
    ),
    in_guard(
        "what a driver reads as its end is accepted",
        'if "%00" in value or not value.isprintable():',
        "if False:",
        RULES,
    ),
    in_guard(
        "the application's database is accepted",
        'elif own and _may_be_the_same(_parse("DATABASE_URL", own), url):',
        "elif False:",
        "guard_postgresql::applications_own_database_is_refused",
    ),
    in_guard(
        "the application's database may be that of the tests",
        "",
        "DATABASE_URL=postgresql:///?service=application\n",
        "guard",
        file=".env",
        status=REFUSED,
        says="it may be the application's own database",
    ),
    in_guard(
        "TEST_DATABASE_URL is not checked",
        "url = guard.check(value, guard.application_database_url(), hosts)",
        'url = guard._parse("TEST_DATABASE_URL", value)',
        RUN_IS_REFUSED,
        file=f"{HARNESS}/postgresql.py",
    ),
    in_guard(
        "TEST_DATABASE_URL is ignored",
        'if os.environ.get("TEST_DATABASE_URL"):',
        "if False:",
        RUN_IS_REFUSED,
        file=f"{HARNESS}/plugin.py",
        backends=IN_MEMORY,
    ),
    in_guard(
        "application is not pointed at the tests' database",
        '    os.environ["DATABASE_URL"] = url.render_as_string(hide_password=False)\n',
        '    os.environ["DATABASE_URL"] = "postgresql://localhost/shop"\n',
        "guard::application_is_pointed_at_a_database_for_tests",
        file=f"{HARNESS}/plugin.py",
        backends=ONE_OF_EACH,
    ),
]
