"""Breaks of the isolation by rollback."""

from functools import partial

from . import HARNESS, IN_MEMORY, LEAK, ONE_OF_EACH, POSTGRESQL, SQLITE, Break

REAL = "isolation::commits_side_by_side_are_undone"

_break = partial(Break, file=f"{HARNESS}/isolation_rollback.py", backends=IN_MEMORY)
in_virtual = partial(_break, file=f"{HARNESS}/virtual.py")
in_real = partial(_break, file=f"{HARNESS}/real.py")
in_sqlite = partial(Break, file=f"{HARNESS}/sqlite.py", backends=SQLITE)
of_sqlite = partial(_break, file=f"{HARNESS}/sqlite_rollback.py")
in_postgresql = partial(Break, file=f"{HARNESS}/postgresql.py", backends=POSTGRESQL)
of_postgresql = partial(in_postgresql, file=f"{HARNESS}/postgresql_rollback.py")

BREAKS = [
    _break(
        "connections are real ones",
        "engine.sync_engine.pool = self._pool",
        "isolation::commits_are_undone",
        new="pass",
        says="really committed",
        backends=POSTGRESQL,
    ),
    _break(
        "connections that are changed are used again",
        "raw.invalidate if is_spoilt else raw.close",
        "connections",
        new="raw.close",
        options=("-p", "no:randomly"),
    ),
    _break(
        "who listens to the pool is not told",
        "getattr(pool.dispatch, name)(*arguments)",
        f"{LEAK}[open it",
        new="pass",
    ),
    _break(
        "driver that is lent is everybody's",
        'connection.lend() if hasattr(connection, "lend") else usual(connection)',
        "by_hand::driver_writes_in_the_transaction",
        new="usual(connection)",
        backends=ONE_OF_EACH,
    ),
    _break(
        "mark for real commits is ignored",
        'if test.get_closest_marker("real_commits"):',
        REAL,
        backends=ONE_OF_EACH,
    ),
    _break(
        "real commits are not undone",
        "            await self._database.restore(problems)\n            return",
        REAL,
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
    in_real(
        "connections that have only read undo what others commit",
        "while later and later[0].writer is not mine:",
        "isolation::commits_stay_when_a_session_that_has_only_read_ends",
        new="while False:",
        options=(f"{HARNESS}/test_database.py",),  # some of which passes
    ),
    in_real(
        "what is lost is not named",
        "self.lost = LOST",
        "by_hand::commit_that_a_rollback_would_undo_is_named",
        new="pass",
        backends=POSTGRESQL,
    ),
    in_real(
        "locks are everybody's",
        "        if may_wait:\n",
        "isolation_rollback::what_would_wait_for_a_lock_is_refused",
        new="        if False:\n",
        backends=ONE_OF_EACH,
    ),
    in_real(
        "layers are not set",
        "if needs_layer and (top.is_streamed or top.writer not in (None, mine)):",
        "isolation::commits_are_undone",
        options=(f"{HARNESS}/test_database.py",),  # some of which passes
        backends=ONE_OF_EACH,
    ),
    in_real(
        "layers that are needed are released",
        "and self._is_settled()",
        "ends::many_transactions_beside_one_that_is_open",
        new="",
        backends=POSTGRESQL,
    ),
    in_real(
        "savepoints go with the layers of others",
        "(name, old if old in kept else layer, settings)",
        "ends::savepoint_outlives_the_rollback_of_another",
        new="(name, old, settings)",
        backends=POSTGRESQL,
    ),
    in_virtual(
        "savepoints are SQL like any other",
        "if found and self._control(",
        "isolation_rollback::connections_have_transactions_of_their_own",
        new="if found and not self._control(",
        backends=ONE_OF_EACH,
    ),
    in_real(
        "statements are not in turn",
        "await_only(self._turn.acquire())",
        "by_hand::streams_and_writes_take_turns",
        new="self._turn = asyncio.Lock(); await_only(self._turn.acquire())",
        backends=POSTGRESQL,
    ),
    in_virtual(
        "transaction in SQL is not refused",
        "if effect.is_refused and not is_control:",
        "isolation_rollback::transaction_in_sql_is_refused",
        backends=ONE_OF_EACH,
    ),
    in_virtual(
        "settings of a connection are everybody's",
        "if effect.is_kept:",
        "by_hand::setting_of_a_connection_is_not_everybodys",
        backends=ONE_OF_EACH,
    ),
    in_virtual(
        "streams outlive their transaction",
        "if cursor.mine is not self._mine:",
        "ends::stream_ends_with_its_transaction",
        backends=POSTGRESQL,
    ),
    in_virtual(
        "what ends with a transaction is not looked for",
        "mine.ends |= effect.ends",
        "ends::what_cannot_be_ended_with_a_transaction_is_named",
        new="pass",
        backends=POSTGRESQL,
    ),
    in_virtual(
        "commits check nothing",
        "        if real.kind.defers():",
        "isolation::deferred_constraint_is_checked_by_the_commit",
        new="        if False:",
        backends=ONE_OF_EACH,
    ),
    in_virtual(
        "transactions are not aborted",
        "                mine.has_failed = True\n                real",
        "ends::aborted_transaction_can_only_end",
        new="                real",
        backends=POSTGRESQL,
    ),
    of_sqlite(
        "queries may take forever",
        "if self._is_late():",
        "by_hand::query_without_end_is_stopped",
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
    of_sqlite(
        "every call goes through aiosqlite's thread",
        'with patch.object(driver, "_execute", self._call_in_this_thread):',
        "threads::rollback",
        new="if True:",
    ),
    of_sqlite(
        "tests with real commits run in the loop's thread as well",
        'with patch.object(driver, "_execute", self._call_in_this_thread):',
        "threads::real_commits",
        new="for driver._execute in [self._call_in_this_thread]:",
    ),
    of_sqlite(
        "other tasks have no turn",
        "        await asyncio.sleep(0)  # so",
        "threads::other_tasks",
        new="        # so",
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
    of_postgresql(
        "local settings are everybody's",
        "if self._usual and self._applied is not mine:",
        "ends::local_setting_is_of_its_transaction",
        options=(f"{HARNESS}/test_isolation.py",),  # which passes
    ),
    of_postgresql(
        "functions only read",
        "if not volatile:",
        "ends::function_may_write",
        new="if True:",
    ),
    of_postgresql(
        "triggers lock nothing",
        "return bool(self._cascades)",
        "ends::lock_of_a_trigger_is_refused",
        new="return False",
    ),
]
