"""What is measured, in which sizes and how often."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from .results import FLOOR

# from facts
STRATEGIES = ("rollback", "snapshot", "truncate", "recreate")
BACKENDS = ("sqlite-memory", "sqlite-file", "postgresql")

OTHERS = ("tutorial", "recipe")
SUBJECTS = (*OTHERS, *STRATEGIES)
# Each test creates all tables, which takes seconds when there are hundreds.
CREATES_TABLES = ("tutorial", "recreate")
COPY, UPDATE = "copier copy", "copier update"
COPY_PLAIN = f"{COPY}, the same files without questions and Jinja"
COPY_EMPTY = f"{COPY}, an empty template"
COPIER = (COPY, COPY_PLAIN, COPY_EMPTY, UPDATE)
MATRIX = "pytest --every-suite"
WITHOUT = "without a database"
PARTS = ("strategies", "turns", "tables", "numbers", "start", "copier")

TESTS = ("test_empty", "test_realistic")
TURN_TESTS = (*TESTS, *(f"recipe/{module}" for module in TESTS))


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    A suite has `tests` tests, or `slow_tests` if one takes more than 5 ms, and fewer
    still, but `fewest_tests`, if each creates many tables. `tables` and `numbers` are
    what the numbers of tables and of tests are raised to, of the subjects and backends
    in `raised`. `rounds` is for each part; what takes longest is measured once.
    """

    tests: int = 200
    slow_tests: int = 50
    fewest_tests: int = 6
    tables: tuple[int, ...] = (3, 30, 300)
    numbers: tuple[int, ...] = (100, 1_000, 10_000)
    raised: tuple[tuple[str, ...], tuple[str, ...]] = (SUBJECTS, BACKENDS)
    started: tuple[str, ...] = STRATEGIES
    rounds: dict[str, int] = field(
        default_factory=lambda: dict(zip(PARTS, (5, 5, 3, 2, 5, 5), strict=True))
    )

    def tests_of(self, subject: str, backend: str, tables: int) -> int:
        """Return how many tests a suite of the subject has."""
        if subject in CREATES_TABLES:
            return max(self.slow_tests * self.tables[0] // tables, self.fewest_tests)
        slow = (subject, backend) == ("snapshot", "postgresql")
        return self.slow_tests if slow else self.tests


QUICK = Sizes(
    tests=4,
    slow_tests=4,
    fewest_tests=4,
    tables=(3, 4),
    numbers=(4, 6),
    raised=(("tutorial", "rollback"), BACKENDS[:1]),
    started=("rollback",),
    rounds=dict.fromkeys(PARTS, 1),
)


@dataclass(frozen=True)
class Task:
    """Something to run in each of the first `rounds` rounds: a suite or a process."""

    part: str
    subject: str
    backend: str = ""
    rounds: int = 1
    tables: int = 0
    tests: int = 0
    workers: int = 1
    modules: tuple[str, ...] = TESTS

    @property
    def guess(self) -> float:
        """About how many seconds it takes, until that is known."""
        tables = self.tables if self.subject in CREATES_TABLES else 1
        return 1 + self.tests * (0.005 + tables * 0.002)

    def __str__(self) -> str:
        sizes = f"{self.tables} tables, {self.tests} tests, {self.workers} workers"
        name = f"{self.part}: {self.subject} {self.backend}".strip()
        return f"{name}, {sizes}" if self.tests else name


def plan(sizes: Sizes) -> Iterator[Task]:
    """Return all tasks of all parts, those on request too."""
    base, rounds = sizes.tables[0], sizes.rounds
    no_database = ("test_floor",)
    yield Task(
        "strategies", FLOOR, "", rounds["strategies"], base, sizes.tests, 1, no_database
    )
    for backend in BACKENDS:
        yield Task(
            "turns", "rollback", backend, rounds["turns"], base, sizes.tests, 1, TURN_TESTS
        )
        for subject in SUBJECTS:
            for tables in sizes.tables:
                part = "strategies" if tables == base else "tables"
                raised = subject in sizes.raised[0] and backend in sizes.raised[1]
                if tables == base or raised:
                    tests = sizes.tests_of(subject, backend, tables)
                    yield Task(part, subject, backend, rounds[part], tables, tests)
    yield from _numbers(sizes)
    yield Task("start", WITHOUT, "", rounds["start"], base, 1, 1, no_database)
    for backend in BACKENDS:
        for subject in sizes.started:
            yield Task(
                "start", subject, backend, rounds["start"], base, 1, 1, TESTS[:1]
            )
    for name in COPIER:
        yield Task("copier", name, "", rounds["copier"])
    yield Task("matrix", MATRIX)


def _numbers(sizes: Sizes) -> Iterator[Task]:
    """Suites of raised numbers of tests, and the shortest and longest on two workers."""
    subjects, backends = sizes.raised
    pairs = [(subject, backend) for backend in backends for subject in subjects]
    for subject, backend in [(FLOOR, ""), *pairs]:
        creates = subject in CREATES_TABLES
        rounds = 1 if creates else sizes.rounds["numbers"]
        numbers = sizes.numbers[:2] if creates else sizes.numbers
        modules = ("test_floor",) if subject == FLOOR else TESTS[:1]
        for tests in numbers:
            common = (sizes.tables[0], tests)
            yield Task("numbers", subject, backend, rounds, *common, 1, modules)
            # Workers would share the file, or the server's database, of the others.
            shared = subject in OTHERS and backend != "sqlite-memory"
            if tests in (numbers[0], numbers[-1]) and not shared:
                yield Task("numbers", subject, backend, 1, *common, 2, modules)
