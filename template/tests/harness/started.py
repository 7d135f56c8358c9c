# fmt: off; isort: skip_file
"""What a test starts and may leave, besides tasks and connections."""

import asyncio
import re
import signal
import threading
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial, wraps
from typing import Any
from unittest.mock import patch
from weakref import WeakSet

from sqlalchemy import event
from sqlalchemy.event.registry import _EventKey
from sqlalchemy.orm import QueryableAttribute

# These keep connections, or threads, for whoever asks next.
KEEPING = re.compile(
    r"(aiohttp|aiosqlite|anyio|asyncio|asyncpg|concurrent|coverage|multiprocessing|"
    r"opentelemetry|psycopg|sentry_sdk|sqlalchemy|uvicorn|websockets)\b"
)
PATIENCE = 1.0  # seconds, for what is about to end


class Started:
    """Notes what a test starts, on `loop` and elsewhere, and ends what it leaves."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self.is_in_test = loop, False
        self._timers: dict[asyncio.TimerHandle, Any] = {}
        self._jobs: list[tuple[Future[Any], list[threading.Thread], Any]] = []
        self._listeners: list[tuple[Any, str, Any]] = []
        self._generators: WeakSet[Any] = WeakSet()
        self._handlers: dict[int, Any] = {}
        self._left: set[threading.Thread] = set()  # these may not use the loop
        self._patches = ExitStack()
        for target, name, new in (
            (loop, "call_at", self._call_at),
            (loop, "call_later", self._call_at),
            (loop, "call_soon_threadsafe", self._call_from_thread),
            (loop, "_asyncgen_firstiter_hook", self._note_generator),
            (signal, "signal", self._signal),
            (threading, "excepthook", self._tell),
            (threading.Thread, "start", self._start),
            (ThreadPoolExecutor, "submit", self._submit),
            (_EventKey, "listen", self._listen),
        ):
            instead = _function(partial(new, getattr(target, name)))
            self._patches.enter_context(patch.object(target, name, instead))

    def stop(self) -> None:
        """Note nothing any more."""
        self._patches.close()

    def begin(self, *shared: Any) -> None:
        """Note what is started from now on, and listeners on what tests share."""
        self._shared, self.is_in_test = shared, True
        self._threads = {*threading.enumerate()}

    def end_timers(self) -> list[str]:
        """End timers, before they start anything; return what they were."""
        left = [
            timer
            for timer, callback in self._timers.items()
            if not timer.cancelled() and not _keeps(callback)
        ]
        self._timers.clear()
        problems = [f"A timer was left: {timer}" for timer in left]
        for timer in left:
            timer.cancel()
        return problems

    async def end(self) -> list[str]:
        """End all else; return what it was."""
        problems = await self._end_threads()
        for generator in [*self._generators]:
            if generator.ag_frame and not generator.ag_running:
                with suppress(Exception):
                    await asyncio.wait_for(generator.aclose(), PATIENCE)
                if "site-packages" not in generator.ag_code.co_filename:
                    problems.append(f"A generator was left: {generator}")
        for target, name, function in self._listeners:
            if event.contains(target, name, function):
                event.remove(target, name, function)
                problems.append(f"A listener was left: {name} of {target}")
        self._listeners.clear()
        self._generators.clear()
        for number, handler in [*self._handlers.items()]:
            if _usual(signal.getsignal(number)) != _usual(handler):
                if number == getattr(
                    signal, "SIGALRM", None
                ):  # without a handler it would end all
                    signal.setitimer(signal.ITIMER_REAL, 0)
                self._loop.remove_signal_handler(number)
                signal.signal(number, handler)
                problems.append(f"A handler was left: that of signal {number}")
        self._handlers.clear()
        return problems

    async def _end_threads(self) -> list[str]:
        end = self._loop.time() + PATIENCE
        pending = [(job, work) for job, _, work in self._jobs if not job.done()]
        not_begun = [work for job, work in pending if job.cancel()]
        while (at_work := self._at_work()) and self._loop.time() < end:
            await asyncio.sleep(0.01)
        self._left.update(*[threads for threads, _ in at_work])
        self._jobs.clear()
        left = [*not_begun, *[work for _, work in at_work]]
        return [f"A thread was left at work: {work}" for work in left]

    def _at_work(self) -> list[tuple[list[threading.Thread], Any]]:
        jobs = [(threads, work) for job, threads, work in self._jobs if not job.done()]
        threads = {*threading.enumerate()} - self._threads
        targets = {thread: getattr(thread, "_target", None) for thread in threads}
        return jobs + [([t], t) for t in threads if not _keeps(targets[t] or t)]

    def _start(self, usual: Any, thread: threading.Thread) -> None:
        self._refuse_if_left()
        usual(thread)

    def _refuse_if_left(self) -> None:
        if threading.current_thread() in self._left:
            raise RuntimeError("the test that has started this thread has ended")

    def _call_at(
        self, usual: Any, when: Any, callback: Any, *args: Any, **kw: Any
    ) -> Any:
        if not self.is_in_test:
            return usual(when, callback, *args, **kw)

        @wraps(callback)
        def go_off(*args: Any) -> None:
            self._timers.pop(timer, None)
            callback(*args)

        timer = usual(when, go_off, *args, **kw)
        self._timers[timer] = callback  # call_later() may come here by call_at()
        return timer

    def _note_generator(self, usual: Any, generator: Any) -> None:
        usual(generator)
        if self.is_in_test:
            self._generators.add(generator)

    def _signal(self, usual: Any, signalnum: int, handler: Any) -> Any:
        before = usual(signalnum, handler)
        if self.is_in_test:
            self._handlers.setdefault(int(signalnum), before)
        return before

    def _submit(
        self, usual: Any, pool: Any, work: Any, /, *args: Any, **kw: Any
    ) -> Any:
        workers: list[threading.Thread] = []

        def run() -> Any:
            workers.append(threading.current_thread())
            try:
                return work(*args, **kw)
            finally:
                self._left.discard(workers[0])

        self._refuse_if_left()
        job = usual(pool, run)
        if self.is_in_test:
            self._jobs.append((job, workers, work))
        return job

    def _listen(self, usual: Any, key: Any, *args: Any, **kw: Any) -> None:
        usual(key, *args, **kw)
        if not self.is_in_test:
            return
        # What a module registers while it is imported is there for all tests.
        stack = traceback.walk_stack(None)
        is_imported = any("importlib" in frame.f_code.co_filename for frame, _ in stack)
        is_local = "<locals>" in getattr(key.fn, "__qualname__", "<locals>")
        module = str(getattr(key.fn, "__module__", ""))
        is_of_tests = is_local or module.startswith(("tests.", "test_"))
        owner = key.target
        if isinstance(owner, QueryableAttribute):
            owner = owner.class_
        is_class = isinstance(owner, type) and "<locals>" not in owner.__qualname__
        is_left = is_class and is_of_tests and not is_imported and not _keeps(key.fn)
        if is_left or any(owner is one for one in self._shared):
            self._listeners.append((key.target, key.identifier, key.fn))

    def _call_from_thread(
        self, usual: Any, callback: Any, *args: Any, **kw: Any
    ) -> Any:
        is_left = threading.current_thread() in self._left
        if is_left and "run_coroutine_threadsafe" in str(callback):
            usual(self._discard, callback)
        self._refuse_if_left()
        return usual(callback, *args, **kw)

    def _discard(self, callback: Any) -> None:
        tasks = asyncio.all_tasks()
        callback()
        for task in asyncio.all_tasks() - tasks:  # else its coroutine would complain
            task.cancel()

    def _tell(self, usual: Any, args: threading.ExceptHookArgs) -> None:
        if args.thread not in self._left:
            usual(args)


def _function(new: Any) -> Any:
    return lambda *args, **kw: new(*args, **kw)


def _keeps(thing: Any) -> bool:
    while isinstance(thing, partial):
        thing = thing.func
    module = getattr(thing, "__module__", None) or type(thing).__module__
    return KEEPING.match(module) is not None


def _usual(handler: Any) -> Any:
    is_asyncios = isinstance(handler, partial)  # while its runner runs
    return signal.default_int_handler if is_asyncios else handler
