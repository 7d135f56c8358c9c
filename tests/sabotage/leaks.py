"""Breaks of the plugin, the leak detector and what counts statements and shows rows."""

from functools import partial

from . import HARNESS, IN_MEMORY, LEAK, ONE_OF_EACH, POSTGRESQL, Break

in_plugin = partial(Break, backends=IN_MEMORY)
in_leaks = partial(in_plugin, file=f"{HARNESS}/leaks.py")
in_queries = partial(in_plugin, file=f"{HARNESS}/queries.py")
IN_ORDER = ("-p", "no:randomly")
ONE_FAILURE = ("-x",)  # because each one waits for a lock

BREAKS = [
    in_plugin(
        "problems do not fail the test",
        "if problems:",
        f"{LEAK}[open it",
        says="DID NOT RAISE",
    ),
    in_plugin(
        "session factory is not connected to the test",
        "session_factory.configure(**options)",
        "isolation::commits_are_undone",
        new="pass",
        says="UnboundExecutionError",
    ),
    in_plugin(
        "session factory stays connected after the test",
        "session_factory.kw = settings",
        LEAK,
        new="pass",
        options=(f"{HARNESS}/test_isolation.py",),  # which passes
    ),
    in_leaks(
        "tasks are not noticed",
        "in left - closing:",
        f"{LEAK}[left unawaited",
        new="in ():",
    ),
    in_leaks(
        "tasks are not cancelled",
        "range(5)",
        f"{LEAK}[left unawaited",
        new="range(0)",
    ),
    in_leaks(
        "connections are not noticed",
        "self._in_use.keys() - connections",
        f"{LEAK}[open it",
        new="()",
        backends=ONE_OF_EACH,
        options=ONE_FAILURE,
    ),
    in_leaks(
        "engines beside the harness's are not noticed",
        "warnings.warn(BypassWarning(msg), stacklevel=3)",
        "leaks::engine_beside_that_of_the_harness_is_noticed",
        new="pass",
        backends=ONE_OF_EACH,
    ),
    in_leaks(
        "every other engine counts as a bypass",
        'if url.database in [*args, kw.get("database"), kw.get("dbname")]:',
        "database_sqlite::tasks_that_read_and_write_all_succeed",
        new="if True:",
        options=(f"{HARNESS}/test_leaks.py",),  # they start the detector
    ),
    in_leaks(
        "other event loops are not refused",
        "if loop is not self._loop:",
        "leaks::another_event_loop_is_refused",
        backends=ONE_OF_EACH,
    ),
    in_leaks(
        "commits outside a test are not refused",
        "if not self.is_in_test:",
        "leaks::commit_outside_a_test_is_refused",
    ),
    in_leaks(
        "commits outside a test leave their transaction open",
        "self._engine.dialect.do_rollback(connection.connection)",
        "leaks::commit_outside_a_test_is_refused",
        new="pass",
    ),
    in_leaks(
        "connections that were changed are used again",
        "if connection in self._changed:",
        "isolation::commits_side_by_side_are_undone",
    ),
    in_leaks(
        "statements that change a connection are not seen",
        "if not is_plain(statement):",
        "connections",
        options=IN_ORDER,
        backends=ONE_OF_EACH,
    ),
    in_leaks(
        "drivers that are lent are not seen",
        "        self._changed.add(connection)  # whoever",
        "connections",
        options=IN_ORDER,
        new="        # whoever",
        backends=ONE_OF_EACH,
    ),
    in_leaks(
        "streams stay open",
        "while self._streams:",
        "connections",
        options=IN_ORDER,
        new="while False:",
    ),
    in_queries(
        "transaction control is counted",
        "if not sql.startswith(TRANSACTION_CONTROL):",
        "queries::statements_are_counted_without_transaction_control",
        new="if True:",
        says="statements were sent",
    ),
    in_queries(
        "any number will do",
        "if len(statements) != number:",
        "queries::statements_are_counted_without_transaction_control",
        options=(f"{HARNESS}/test_database.py",),  # some of which passes
    ),
    in_plugin(
        "warnings are no errors",
        '    "error",\n',
        "leaks::engine_beside_that_of_the_harness_is_noticed",
        file="pyproject.toml",
        backends=POSTGRESQL,
    ),
]
