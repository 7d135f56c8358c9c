"""Breaks of pytest's settings, of what workers share, and of the guard."""

from functools import partial

import pytest

from . import HARNESS, IN_MEMORY, ONE_OF_EACH, POSTGRESQL, Break

REFUSED = pytest.ExitCode.USAGE_ERROR
SIDE_BY_SIDE = ("-n", "2", "--maxfail=0")
RUN_IS_REFUSED = "database::other_databases_are_refused"
IS_POINTED = "database::application_connects_its_sessions"

in_settings = partial(Break, file="pyproject.toml", backends=IN_MEMORY)
in_plugin = partial(Break, isolation="snapshot", options=SIDE_BY_SIDE)
in_guard = partial(Break, file=f"{HARNESS}/guard.py", backends=POSTGRESQL)

RULES = {
    'elif url.get_backend_name() != "postgresql":': "other databases are accepted",
    "elif not _NAME.fullmatch(name):": "names that do not say test are accepted",
    "elif others and not _is_socket(url):": "queries that lead elsewhere are accepted",
    "elif not _is_local(url) and host.lower() not in map(str.lower, allowed_hosts):": (
        "other hosts are accepted"
    ),
    'if value.count("@") > (url.username is not None):': "half a password is quoted",
    'if "%00" in value or not value.isprintable():': "an end within is accepted",
}

BREAKS = [
    *(
        in_settings(
            f"loop scope of each {kind} is its own",
            f'asyncio_default_{kind}_loop_scope = "session"',
            "isolation",
            new=f'asyncio_default_{kind}_loop_scope = "function"',
            status=REFUSED,
            says=f"set asyncio_default_{kind}_loop_scope to `session`",
        )
        for kind in ("test", "fixture")
    ),
    in_settings(
        "test has a loop of its own",
        "async def test_statements",
        "queries::statements_are_counted_without_transaction_control",
        new='@pytest.mark.asyncio(loop_scope="function")\nasync def test_statements',
        file=f"{HARNESS}/test_queries.py",
        says="has to keep the loop scope `session`",
    ),
    in_settings(
        "harness is not loaded",
        '    "-p", "tests.harness.plugin",\n',
        "isolation",
        status=pytest.ExitCode.INTERRUPTED,
        says="'real_commits' not found in `markers`",
    ),
    in_plugin(
        "workers share a database",
        'suffix = f"_{worker}" if worker else ""',
        IS_POINTED,
        new='suffix = ""',
        backends=("sqlite-file",),
    ),
    in_plugin(
        "workers share a database",
        'suffix = f"_{worker}" if worker else ""',
        "isolation",
        new='suffix = ""',
        backends=POSTGRESQL,
        status=pytest.ExitCode.INTERRUPTED,
        says="another test run uses",
    ),
    *(
        in_guard(what, rule, "guard_postgresql::doubtful_database_is_refused")
        for rule, what in RULES.items()
    ),
    in_guard(
        "the application's database is accepted",
        'elif own and _may_be_the_same(_parse("DATABASE_URL", own), url):',
        "guard_postgresql::doubtful_database_is_refused",
    ),
    in_guard(
        "the application's database may be that of the tests",
        "",
        "database",
        new="DATABASE_URL=postgresql:///?service=application\n",
        file=".env",
        status=REFUSED,
        says="it may be the application's own database",
    ),
    in_guard(
        "TEST_DATABASE_URL is not checked",
        "url = guard.check(value, guard.application_database_url(), hosts)",
        RUN_IS_REFUSED,
        new='url = guard._parse("TEST_DATABASE_URL", value)',
        file=f"{HARNESS}/postgresql.py",
    ),
    in_guard(
        "TEST_DATABASE_URL is ignored",
        'if os.environ.get("TEST_DATABASE_URL"):',
        RUN_IS_REFUSED,
        file=f"{HARNESS}/plugin.py",
        backends=IN_MEMORY,
    ),
    in_guard(
        "application is not pointed at the tests' database",
        '    os.environ["DATABASE_URL"] = url.render_as_string(hide_password=False)\n',
        IS_POINTED,
        new='    os.environ["DATABASE_URL"] = "postgresql://localhost/shop"\n',
        file=f"{HARNESS}/plugin.py",
        backends=ONE_OF_EACH,
    ),
]
