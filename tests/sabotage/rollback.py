"""Breaks of the isolation by rollback."""

from functools import partial

from . import HARNESS, IN_MEMORY, ONE_OF_EACH, POSTGRESQL, SQLITE, Break

_break = partial(Break, file=f"{HARNESS}/isolation_rollback.py", backends=ONE_OF_EACH)
in_sqlite = partial(Break, file=f"{HARNESS}/sqlite.py", backends=SQLITE)
in_postgresql = partial(Break, file=f"{HARNESS}/postgresql.py", backends=POSTGRESQL)

BREAKS = [
    _break(
        "sessions join without savepoints by default",
        ', "join_transaction_mode": "create_savepoint"',
        "",
        "isolation::commits_after_an_error_and_a_rollback_are_undone",
    ),
    _break(
        "sessions roll the outer transaction back",
        '"create_savepoint"',
        '"rollback_only"',
        "isolation::commits_after_an_error_and_a_rollback_are_undone",
    ),
    _break(
        "sessions control the outer transaction",
        '"create_savepoint"',
        '"control_fully"',
        "isolation::commits_are_undone",
        says="ended the transaction",
    ),
    _break(
        "outer transaction is committed",
        "            nested = connection",
        "            await outer.commit()\n            nested = connection",
        "isolation::commits_are_undone",
        says="really committed",
    ),
    _break(
        "outer transaction has ended before the test",
        "outer = await connection.begin()\n",
        "outer = await connection.begin()\n            await outer.rollback()\n",
        "isolation::commits_are_undone",
        says="ended the transaction",
    ),
    _break(
        "connections beside the outer one are not refused",
        '        event.listen(engine, "do_connect", self._refuse_connection)\n'
        '        event.listen(engine, "checkout", self._refuse_connection)\n',
        "",
        "isolation_rollback::connection_of_its_own_is_refused",
    ),
    _break(
        "errors of sessions side by side are not explained",
        '        event.listen(engine, "handle_error", self._explain_error)\n',
        "",
        "isolation_rollback::sessions_side_by_side_are_refused",
    ),
    _break(
        "mark for real commits is ignored",
        'if test.get_closest_marker("real_commits"):',
        "if False:",
        "isolation::sessions_side_by_side_are_undone",
        backends=(*SQLITE, *POSTGRESQL),
    ),
    _break(
        "real commits are not undone",
        "            await self._database.restore()\n            return",
        "            return",
        "isolation_rollback::real_commits_are_undone",
        backends=(*SQLITE, *POSTGRESQL),
    ),
    _break(
        "commits by mistake are not noticed",
        'problems.append(f"Something was really committed. {FIX}")',
        "pass",
        "leaks_rollback::outer_transaction_that_is_committed_in_sql",
        backends=(*SQLITE, *POSTGRESQL),
    ),
    _break(
        "commits by mistake are not looked for",
        "if await self._database.restore():",
        "if False:",
        "leaks_rollback::outer_transaction_that_is_committed_in_sql",
    ),
    _break(
        "end of the outer transaction is not noticed",
        "elif not outer.is_active:",
        "elif False:",
        "leaks_rollback::outer_transaction_that_is_committed",
    ),
    _break(
        "violated constraints are not noticed",
        "await self._database.violations(connection)",
        "[]",
        "leaks_rollback::deferred_constraint_that_is_violated",
        backends=(*SQLITE, *POSTGRESQL),
    ),
    _break(
        "sessions left open are not noticed",
        "if nested and nested.is_active:",
        "if False:",
        "leaks::session_that_is_left_open",
    ),
    in_sqlite(
        "commits are not counted",
        'if self._commits == self._pragma("data_version"):',
        "if True:",
        "leaks_rollback::outer_transaction_that_is_committed_in_sql",
    ),
    in_sqlite(
        "commits are not undone",
        "        self._saved.backup(self._anchor)\n",
        "",
        "isolation_rollback::real_commits_are_undone",
    ),
    in_sqlite(
        "every call goes through aiosqlite's thread",
        "_call_in_this_thread):",
        "self._driver._execute):",
        "threads::rollback",
    ),
    in_sqlite(
        "tests with real commits run in the loop's thread as well",
        'with patch.object(self._driver, "_execute", _call_in_this_thread):',
        "for self._driver._execute in [_call_in_this_thread]:",
        "threads::real_commits",
        backends=IN_MEMORY,
    ),
    in_sqlite(
        "other tasks have no turn",
        "    await asyncio.sleep(0)  # so",
        "    # so",
        "threads::other_tasks",
        backends=IN_MEMORY,
    ),
    in_postgresql(
        "rows are not looked for",
        "or await self._count_rows() == self._contents",
        "or True",
        "leaks_rollback::outer_transaction_that_is_committed_in_sql",
    ),
    in_postgresql(
        "commits are not counted",
        "= 'committed'",
        "= 'forgotten'",
        "leaks_rollback::outer_transaction_that_is_committed_in_sql",
    ),
    in_postgresql(
        "commits are not undone",
        "        await self._copy(self._template.database, self.url)\n"
        "        return True",
        "        return True",
        "isolation_rollback::real_commits_are_undone",
    ),
    in_postgresql(
        "constraints stay deferred",
        "SET CONSTRAINTS ALL IMMEDIATE",
        "SELECT 1",
        "leaks_rollback::deferred_constraint_that_is_violated",
    ),
]
