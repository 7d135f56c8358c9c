"""Breaks of the isolation by rollback."""

from functools import partial

from . import HARNESS, IN_MEMORY, LEAK, ONE_OF_EACH, POSTGRESQL, SQLITE, Break

REFUSED = "isolation_rollback::second_connection_and_sessions_side_by_side_are_refused"

_break = partial(Break, file=f"{HARNESS}/isolation_rollback.py", backends=IN_MEMORY)
in_sqlite = partial(Break, file=f"{HARNESS}/sqlite.py", backends=SQLITE)
in_postgresql = partial(Break, file=f"{HARNESS}/postgresql.py", backends=POSTGRESQL)

BREAKS = [
    _break(
        "sessions join without savepoints by default",
        ', "join_transaction_mode": mode',
        "isolation::commits_are_undone",
        options=(f"{HARNESS}/test_database.py",),  # some of which passes
    ),
    _break(
        "sessions roll the outer transaction back",
        '"create_savepoint"',
        "isolation::commits_are_undone",
        new='"rollback_only"',
        says="ended the transaction",
    ),
    _break(
        "sessions control the outer transaction",
        '"create_savepoint"',
        "isolation::commits_are_undone",
        new='"control_fully"',
        says="ended the transaction",
    ),
    _break(
        "outer transaction is committed",
        "            nested = connection",
        "isolation::commits_are_undone",
        new="            await outer.commit()\n            nested = connection",
        says="really committed",
    ),
    _break(
        "outer transaction has ended before the test",
        "outer = await connection.begin()\n",
        "isolation::commits_are_undone",
        new="outer = await connection.begin()\n            await outer.rollback()\n",
        says="ended the transaction",
    ),
    _break(
        "connections beside the outer one are not refused",
        '        event.listen(engine, "do_connect", self._refuse_connection)\n'
        '        event.listen(engine, "checkout", self._refuse_connection)\n',
        REFUSED,
        options=(f"{HARNESS}/test_isolation.py",),  # which passes
    ),
    _break(
        "sessions that write side by side are not refused",
        "any(other.has_written for other in later)",
        REFUSED,
        new="False",
        options=(f"{HARNESS}/test_isolation.py",),  # which passes
    ),
    _break(
        "sessions that have only read undo what others commit",
        " and (must or not others)",
        "isolation::commits_stay_when_a_session_that_has_only_read_ends",
    ),
    _break(
        "what is lost is not named",
        "self._is_lost |= savepoint.is_behind",
        "sessions::commit_that_a_rollback_undoes_is_named",
        new="pass",
    ),
    _break(
        "savepoints of readers stay where they were",
        "        if not any(s.has_written for s in own):",
        "sessions::reader_that_writes_later_undoes_only_its_own",
        new="        if False:",
    ),
    _break(
        "savepoints end in any order",
        "    if later._savepoint != name:",
        "sessions::reader_that_ends_first_keeps_what_is_written",
        new="    if False:",
    ),
    _break(
        "mark for real commits is ignored",
        'if test.get_closest_marker("real_commits"):',
        "isolation::commits_side_by_side_are_undone",
        backends=ONE_OF_EACH,
    ),
    _break(
        "real commits are not undone",
        "            await self._database.restore(problems)\n            return",
        "isolation::commits_side_by_side_are_undone",
        new="            return",
        backends=ONE_OF_EACH,
    ),
    _break(
        "commits by mistake are not noticed",
        'problems.append(f"Something was really committed. {FIX}")',
        f"{LEAK}[really committed",
        new="pass",
        backends=ONE_OF_EACH,
    ),
    _break(
        "end of the outer transaction is not noticed",
        "elif not outer.is_active:",
        f"{LEAK}[(?s)ended",
    ),
    _break(
        "violated constraints are not noticed",
        "await self._database.violations(connection)",
        f"{LEAK}[fail in production",
        new="[]",
        backends=ONE_OF_EACH,
    ),
    _break(
        "sessions left open are not noticed",
        "if nested and nested.is_active:",
        f"{LEAK}[open it",
    ),
    in_sqlite(
        "commits are not counted",
        "if self._is_unchanged():",
        f"{LEAK}[really committed",
        new="if True:",
    ),
    in_sqlite(
        "commits are not undone",
        "        self._saved.backup(self._anchor)\n",
        "isolation::commits_side_by_side_are_undone",
    ),
    in_sqlite(
        "every call goes through aiosqlite's thread",
        "_call_in_this_thread):",
        "threads::rollback",
        new="self._driver._execute):",
    ),
    in_sqlite(
        "tests with real commits run in the loop's thread as well",
        'with patch.object(self._driver, "_execute", _call_in_this_thread):',
        "threads::real_commits",
        new="for self._driver._execute in [_call_in_this_thread]:",
        backends=IN_MEMORY,
    ),
    in_sqlite(
        "other tasks have no turn",
        "    await asyncio.sleep(0)  # so",
        "threads::other_tasks",
        new="    # so",
        backends=IN_MEMORY,
    ),
    in_postgresql(
        "rows are not looked for",
        "await self._count_rows() != self._contents",
        f"{LEAK}[really committed",
        new="False",
    ),
    in_postgresql(
        "commits are not counted",
        "= 'committed'",
        f"{LEAK}[really committed",
        new="= 'forgotten'",
    ),
    in_postgresql(
        "commits are not undone",
        "await self._copy(self._template.database, self.url)",
        "isolation::commits_side_by_side_are_undone",
        new="pass",
    ),
    in_postgresql(
        "constraints stay deferred",
        "SET CONSTRAINTS ALL IMMEDIATE",
        f"{LEAK}[fail in production",
        new="SELECT 1",
    ),
]
