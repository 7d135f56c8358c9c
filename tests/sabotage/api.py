"""Breaks of the API, and of what brings it to the database of the tests."""

from functools import partial

from . import HARNESS, IN_MEMORY, ONE_OF_EACH, Break

_break = partial(Break, api="fastapi", backends=IN_MEMORY, example=True)
in_dependencies = partial(
    _break, file="src/{package}/api/dependencies.py", backends=ONE_OF_EACH
)
in_problems = partial(_break, file="src/{package}/api/problems.py")
in_database = partial(
    _break, file="src/{package}/database.py", backends=ONE_OF_EACH, example=False
)
in_leaks = partial(_break, file=f"{HARNESS}/leaks.py", example=False)

BEGIN = """\
    async with session_factory.begin() as session:
        yield session
"""
COMMIT_ALWAYS = """\
    async with session_factory() as session:
        try:
            yield session
        finally:
            if session.is_active:
                await session.commit()
"""
FAILS_HALF_WAY = "task_api::request_that_fails_half_way_leaves_nothing"
REFERS_TO_NOTHING = "task_api::create_refuses_what_refers_to_nothing"
WITHOUT_DATABASE = "application_without_a_database_of_the_tests_is_noticed"

BREAKS = [
    in_dependencies(
        "request is not committed",
        "session_factory.begin()",
        "task_api::create_returns_the_task_and_where_it_is",
        new="session_factory()",
    ),
    in_dependencies(
        "request that failed is committed",
        BEGIN,
        FAILS_HALF_WAY,
        new=COMMIT_ALWAYS,
    ),
    in_dependencies(
        "requests are committed when they have been answered",
        'scope="function"',
        "task_api::request_whose_commit_fails_is_told_so",
        new='scope="request"',
    ),
    in_problems(
        "unforeseen errors show their text",
        '_respond(500, "The server could not handle the request.")',
        "api::unforeseen_error_tells_callers_nothing_of_the_code",
        new="_respond(500, str(_error))",
        example=False,
    ),
    in_problems(
        "conflicts show the SQL",
        "_respond(409, detail)",
        REFERS_TO_NOTHING,
        new="_respond(409, str(_error))",
    ),
    in_problems(
        "errors repeat the input",
        '"what": problem["msg"]',
        "task_api::invalid_input_is_not_repeated",
        new='"what": str(problem["input"])',
    ),
    in_problems(
        "conflicts are errors of the server",
        "    @app.exception_handler(IntegrityError)\n",
        REFERS_TO_NOTHING,
    ),
    in_problems(
        "form of errors is not described",
        "    app.openapi = openapi  # type: ignore[method-assign]\n",
        "api::every_operation_is_described",
        example=False,
    ),
    _break(
        "health does not ask the database",
        '            await session.scalar(text("SELECT 1"))\n',
        "api::application_that_reaches_no_database_is_not_healthy",
        new="            pass\n",
        file="src/{package}/api/health.py",
        example=False,
    ),
    _break(
        "soft-deleted task is found",
        "await service.get(task_id), task_id",
        "task_api::soft_delete_hides_the_task_until_it_is_restored",
        new="await service.get(task_id) or await service.get_deleted(task_id), task_id",
        file="src/{package}/api/task.py",
    ),
    _break(
        "missing task is an error of the server",
        "    if task is None:\n",
        "task_api::missing_task_is_not_found",
        new="    if not task_id:\n",
        file="src/{package}/api/task.py",
    ),
    in_database(
        "application does not join the tests",
        'if bind := session_factory.kw["bind"]:',
        "database::application_that_connects_inside_a_test_joins_it",
    ),
    in_database(
        "application with a lifespan does not join the tests",
        'if bind := session_factory.kw["bind"]:',
        "fastapi::what_requests_commit_is_seen_by_the_test_and_undone",
        new="if False:",
        says="BypassWarning",
    ),
    in_database(
        "application that has joined unbinds the sessions",
        "        return\n",
        "database::application_that_connects_inside_a_test_joins_it",
        new="        session_factory.configure(bind=None)\n        return\n",
    ),
    in_leaks(
        "connection before any test has a database is not noticed",
        "        warn_of_bypass(self._url, args, kw)\n",
        f"fastapi::{WITHOUT_DATABASE}",
        new="        pass\n",
        options=("-k", WITHOUT_DATABASE),
        says="no such table: probe",
    ),
    in_leaks(
        "another event loop is accepted",
        "if loop is not self._loop:",
        "fastapi::client_with_an_event_loop_of_its_own_is_refused",
        new="if False:",
    ),
]
