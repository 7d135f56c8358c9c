"""What is measured, in which sizes and how often."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from .measuring import Suites
from .projects import BACKENDS, STRATEGIES, Projects
from .results import DETECTOR, EMPTY, PROCESS, REALISTIC, Case
from .scaffolding import Scaffolding

FLOOR = "floor"
OTHERS = ("tutorial", "recipe")
SUBJECTS = (*OTHERS, *STRATEGIES)
# What costs more than 5 ms a test runs fewer of them.
SLOW = {("snapshot", "postgresql")} | {
    (subject, backend) for subject in ("tutorial", "recreate") for backend in BACKENDS
}
# What grows with the tables, to seconds a test when there are hundreds.
CREATES_TABLES = ("tutorial", "recreate")
KINDS = {"test_realistic": REALISTIC, "test_detector": DETECTOR}
COPY, UPDATE = "copier copy", "copier update"
COPY_PLAIN = f"{COPY}, the same files without questions and Jinja"
COPY_EMPTY = f"{COPY}, an empty template"
MATRIX = "pytest --every-suite"
WITHOUT = "without a database"


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    `tests` are run of each suite, `slow_tests` of slow ones, `fewest_tests` of those
    that create more than `many_tables` for each test. `numbers` and `tables` are what
    the numbers of tests and tables are raised to. Then come the rounds of each part.
    """

    tests: int = 200
    slow_tests: int = 50
    fewest_tests: int = 6
    tables: tuple[int, ...] = (3, 30, 300)
    many_tables: int = 100
    numbers: tuple[int, ...] = (100, 1_000, 10_000)
    rounds: int = 5
    rounds_of_tables: int = 3
    rounds_of_many_tables: int = 2
    rounds_of_numbers: int = 3
    rounds_of_most_tests: int = 2
    rounds_of_most_slow_tests: int = 1
    rounds_of_workers: int = 2
    rounds_of_processes: int = 5
    # The smallest run has all rows, but raises the numbers for few subjects only.
    raised: tuple[str, ...] = SUBJECTS
    raised_backends: tuple[str, ...] = BACKENDS
    started: tuple[str, ...] = STRATEGIES


QUICK = Sizes(
    tests=6,
    slow_tests=4,
    fewest_tests=4,
    tables=(3, 4),
    numbers=(4, 6),
    rounds=1,
    rounds_of_tables=1,
    rounds_of_many_tables=1,
    rounds_of_numbers=1,
    rounds_of_most_tests=1,
    rounds_of_most_slow_tests=1,
    rounds_of_workers=1,
    rounds_of_processes=1,
    raised=("tutorial", "rollback"),
    raised_backends=("sqlite-memory",),
    started=("rollback",),
)


@dataclass(frozen=True)
class Task:
    """Something to run in each of the first `rounds` rounds.

    `guess` is about how many seconds it takes, until that is known. With `warm_up` it
    is run once more before, without being measured.
    """

    part: str
    name: str
    rounds: int
    guess: float
    measure: Callable[[], Mapping[Case, float]]
    warm_up: bool = False


@dataclass(frozen=True)
class Plan:
    """Makes the tasks; `everything` returns the seconds that the whole matrix takes."""

    sizes: Sizes
    suites: Suites
    projects: Projects
    scaffolding: Scaffolding
    everything: Callable[[], float]

    def tasks(self) -> list[Task]:
        """Return all tasks."""
        return [
            *self._strategies(),
            *self._tables(),
            *self._numbers(),
            *self._starts(),
            *self._scaffolding(),
        ]

    def _strategies(self) -> Iterator[Task]:
        sizes = self.sizes
        yield self._suite("strategies", sizes.rounds, FLOOR, "", tests=sizes.tests)
        for backend in BACKENDS:
            for subject in SUBJECTS:
                slow = (subject, backend) in SLOW
                tests = sizes.slow_tests if slow else sizes.tests
                yield self._suite(
                    "strategies", sizes.rounds, subject, backend, tests=tests
                )

    def _tables(self) -> Iterator[Task]:
        sizes = self.sizes
        for tables in sizes.tables[1:]:
            for backend in sizes.raised_backends:
                for subject in sizes.raised:
                    slow = (subject, backend) in SLOW
                    tests = sizes.slow_tests if slow else sizes.tests
                    rounds = sizes.rounds_of_tables
                    if subject in CREATES_TABLES and tables > sizes.many_tables:
                        tests = sizes.fewest_tests
                        rounds = sizes.rounds_of_many_tables
                    yield self._suite(
                        "tables",
                        rounds,
                        subject,
                        backend,
                        tests=tests,
                        tables=tables,
                    )

    def _numbers(self) -> Iterator[Task]:
        sizes = self.sizes
        raised = [
            (subject, backend)
            for subject in sizes.raised
            for backend in sizes.raised_backends
        ]
        for subject, backend in [(FLOOR, ""), *raised]:
            for tests in sizes.numbers:
                rounds = sizes.rounds_of_numbers
                if tests == max(sizes.numbers):
                    rounds = (
                        sizes.rounds_of_most_slow_tests
                        if subject in CREATES_TABLES
                        else sizes.rounds_of_most_tests
                    )
                # Workers would share the file, or the server's database, of the others.
                shared = subject in OTHERS and backend != "sqlite-memory"
                for workers in (1,) if shared else (1, 2):
                    yield self._suite(
                        "numbers",
                        min(rounds, sizes.rounds_of_workers) if workers > 1 else rounds,
                        subject,
                        backend,
                        tests=tests,
                        workers=workers,
                    )

    def _suite(
        self,
        part: str,
        rounds: int,
        subject: str,
        backend: str,
        *,
        tests: int,
        tables: int | None = None,
        workers: int = 1,
    ) -> Task:
        tables = tables or self.sizes.tables[0]
        modules = ["test_floor" if subject == FLOOR else "test_empty"]
        if part != "numbers" and subject != FLOOR:
            modules.append("test_realistic")
        if part == "strategies" and subject in STRATEGIES:
            modules.append("test_detector")

        def measure() -> dict[Case, float]:
            timing = self.suites.run(
                self.projects.make(subject, backend, tables),
                *modules,
                tests=tests,
                workers=workers,
                variables=self.projects.variables(subject, backend),
            )
            # A part with one number of tests for each subject does not tell it.
            shown = tests if part == "numbers" else 0
            case = (subject, backend, tables, shown, workers)
            found = {Case(PROCESS, *case): timing.seconds} if shown else {}
            for module, cost in timing.milliseconds.items():
                found[Case(KINDS.get(module, EMPTY), *case)] = cost
            return found

        name = " ".join(filter(None, (subject, backend)))
        name += f", {tables} tables, {tests} tests"
        if workers > 1:
            name += f", {workers} workers"
        slow = (subject, backend) in SLOW
        guess = 1 + tests * len(modules) * (0.02 if slow else 0.003) / workers
        if subject in CREATES_TABLES:
            guess += tests * tables * 0.003
        return Task(part, name, rounds, guess, measure)

    def _starts(self) -> Iterator[Task]:
        """Whole suites of one test; on PostgreSQL with a server of their own."""
        yield self._start(WITHOUT, "")
        for backend in BACKENDS:
            for subject in self.sizes.started:
                yield self._start(subject, backend)

    def _start(self, subject: str, backend: str) -> Task:
        case = Case(PROCESS, subject, backend, self.sizes.tables[0], 1)
        without = subject == WITHOUT
        module = "test_without_database" if without else "test_empty"
        folder = FLOOR if without else subject

        def measure() -> dict[Case, float]:
            project = self.projects.make(folder, backend, case.tables)
            timing = self.suites.run(project, module, tests=1, whole=True)
            return {case: timing.seconds}

        name = " ".join(filter(None, (subject, backend, "with one test")))
        guess = 1.6 if backend == "postgresql" else 0.9
        rounds = self.sizes.rounds_of_processes
        return Task("start", name, rounds, guess, measure, rounds > 1)

    def _scaffolding(self) -> Iterator[Task]:
        rounds = self.sizes.rounds_of_processes
        copier = self.scaffolding
        yield self._process("copier", COPY, rounds, 1, copier.copy)
        yield self._process("copier", COPY_PLAIN, rounds, 1, copier.copy_plain)
        yield self._process("copier", COPY_EMPTY, rounds, 1, copier.copy_empty)
        yield self._process("copier", UPDATE, rounds, 2, copier.update)
        case = Case(PROCESS, MATRIX)
        yield Task("matrix", MATRIX, 1, 1200, lambda: {case: self.everything()})

    def _process(
        self,
        part: str,
        name: str,
        rounds: int,
        guess: float,
        measure: Callable[[], float],
    ) -> Task:
        case = Case(PROCESS, name)
        # The first process compiles what it imports.
        warm_up = rounds > 1
        return Task(part, name, rounds, guess, lambda: {case: measure()}, warm_up)
