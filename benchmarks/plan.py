"""What is measured, in which sizes and how often."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.matrix import facts

from .results import DRIVER, FLOOR, WITHOUT

BACKENDS, STRATEGIES = facts.SINGLE_BACKENDS, facts.STRATEGIES
OTHERS = ("tutorial", "recipe")
SUBJECTS = (*OTHERS, *STRATEGIES)
# Not another backend, but compared with the recipe as one.
POSTGRESQL, PSYCOPG = BACKENDS[-1], "postgresql, psycopg"
SUITES = [(FLOOR, ""), (WITHOUT, "")]
SUITES += [(subject, backend) for backend in BACKENDS for subject in SUBJECTS]
SUITES += [("rollback", PSYCOPG)]
# What waits for answers of a server, the least first.
TRAVELLERS = (DRIVER, "recipe", "rollback", "snapshot", "truncate")
TRAVELS = [(subject, POSTGRESQL) for subject in TRAVELLERS]
MEMORIES = [(FLOOR, ""), *TRAVELS[1:]]
# Each test creates all tables, which takes seconds when there are hundreds.
CREATES_TABLES = ("tutorial",)
# On PostgreSQL these copy the database's files after each test that writes.
COPIES_FILES = ("snapshot", "recreate")
COPY, UPDATE = "copier copy", "copier update"
COPY_PLAIN = f"{COPY}, the same files without questions and Jinja"
COPY_EMPTY = f"{COPY}, an empty template"
COPIES = [(name, "") for name in (COPY, COPY_PLAIN, COPY_EMPTY, UPDATE)]
PARTS = (
    "strategies",
    "turns",
    "trips",
    "tables",
    "numbers",
    "memory",
    "start",
    "copier",
    "adoption",
)
ADOPTED = [(name, "") for name in ("shop", "clinic", "library", "script")]
MATRIX, EVERY_TEST = "matrix", "pytest tests/test_matrix.py --every"
LOAD, SERVERS = "load", ("sqlite-file", "postgresql")
ON_REQUEST = (LOAD, MATRIX)

FLOOR_TEST, EMPTY_TEST = ("test_floor",), ("test_empty",)
REALISTIC_TEST = ("test_realistic",)
TESTS = (*EMPTY_TEST, *REALISTIC_TEST)
TURNS = (*TESTS, *(f"recipe/{module}" for module in TESTS))
DRIVER_TEST = ("test_driver",)


FIRST, MIDDLE = "GET /tasks", "GET /tasks from the middle"
ONE, CREATE, CHANGE = "GET /tasks/{id}", "POST /tasks", "PATCH /tasks/{id}"
WORKERS = (1, 4)


def request(operation: str, workers: int) -> str:
    """Return what a server is asked, and how many processes it has."""
    return f"{operation}, {workers} worker{'s' * (workers > 1)}"


MIDDLES = [request(MIDDLE, workers) for workers in WORKERS]
REQUESTS = [
    request(operation, workers)
    for operation in (FIRST, MIDDLE, ONE, CREATE, CHANGE)
    for workers in WORKERS
]
LOADS = [(asked, backend) for backend in SERVERS for asked in REQUESTS]


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    A suite has `tests` tests, or `slow_tests` if one takes more than 5 ms, or
    `fewest_tests` if each creates many tables. `tables` and `numbers` are what the
    numbers of tables and tests are raised to, for the subjects `raised` on
    `raised_backends`; the suite whose memory is looked at has `long` tests. There are
    `rounds`, and fewer of what takes long. Under load, the applications have `rows`
    tasks, and what is asked has at most `longest` turns, each of at most as many
    seconds.
    """

    rounds: int = 5
    tests: int = 200
    slow_tests: int = 50
    fewest_tests: int = 6
    tables: tuple[int, ...] = (3, 30, 300)
    numbers: tuple[int, ...] = (100, 1_000, 10_000)
    raised: tuple[str, ...] = SUBJECTS
    raised_backends: tuple[str, ...] = tuple(BACKENDS)
    long: int = 5_000
    rows: int = 300_000
    longest: int = 8

    def tests_of(self, subject: str, backend: str, tables: int = 0) -> int:
        """Return how many tests of each kind a suite has."""
        if subject in CREATES_TABLES and tables > 100:
            return self.fewest_tests
        slow = backend == "postgresql" and subject in COPIES_FILES
        return self.slow_tests if slow or subject in CREATES_TABLES else self.tests


QUICK = Sizes(
    rounds=1,
    tests=4,
    slow_tests=4,
    tables=(3, 4),
    numbers=(4, 6),
    raised=("rollback",),
    raised_backends=("sqlite-memory",),
    long=8,
    rows=300,
    longest=1,
)


@dataclass(frozen=True)
class Task:
    """A suite of `tests` tests of each of `modules`, or a process, and how often."""

    part: str
    rounds: int
    subject: str
    backend: str = ""
    modules: tuple[str, ...] = ()
    tables: int = 0
    tests: int = 0
    workers: int = 1

    @property
    def guess(self) -> float:
        """About how many seconds it takes, until that is known."""
        tables = self.tables if self.subject in CREATES_TABLES else 1
        return 1 + self.tests * len(self.modules) * tables * 0.003


def plan(sizes: Sizes) -> Iterator[Task]:
    """Yield all tasks of all parts, those on request too."""
    base, rounds, tests = sizes.tables[0], sizes.rounds, sizes.tests
    yield Task("strategies", rounds, FLOOR, "", FLOOR_TEST, base, tests)
    yield Task("start", rounds, WITHOUT, "", FLOOR_TEST, base, 1)
    yield Task("strategies", rounds, DRIVER, POSTGRESQL, DRIVER_TEST, base, tests)
    yield Task("turns", rounds, "rollback", PSYCOPG, TURNS, base, tests)
    for subject in TRAVELLERS:
        ways = DRIVER_TEST if subject == DRIVER else TESTS
        yield Task("trips", 1, subject, POSTGRESQL, ways, base, sizes.fewest_tests)
    for subject, backend in MEMORIES:
        test = FLOOR_TEST if subject == FLOOR else REALISTIC_TEST
        most, long = sizes.tables[-1], sizes.long
        yield Task("memory", 1, subject, backend, test, most, long)
    for backend in BACKENDS:
        yield Task("turns", rounds, "rollback", backend, TURNS, base, tests)
        for subject in SUBJECTS:
            modules = TESTS if subject in OTHERS else (*TESTS, "test_detector")
            common = (subject, backend, modules, base)
            yield Task("strategies", rounds, *common, sizes.tests_of(subject, backend))
            if subject in sizes.raised and subject in STRATEGIES:
                yield Task("start", rounds, subject, backend, EMPTY_TEST, base, 1)
    for backend in sizes.raised_backends:
        for subject in sizes.raised:
            for tables in sizes.tables[1:]:
                tests = sizes.tests_of(subject, backend, tables)
                rounds = min(sizes.rounds, 2 if tests == sizes.fewest_tests else 3)
                yield Task("tables", rounds, subject, backend, TESTS, tables, tests)
            yield from _more_tests(sizes, subject, backend)
    yield from _more_tests(sizes, FLOOR, "")
    for name, _ in ADOPTED:
        yield Task("adoption", sizes.rounds, name)
    for name, _ in COPIES:
        yield Task("copier", sizes.rounds, name)
    for backend in SERVERS:
        for workers in WORKERS:
            yield Task(LOAD, min(sizes.rounds, 3), "both", backend, workers=workers)
    yield Task(MATRIX, 1, EVERY_TEST)


def _more_tests(sizes: Sizes, subject: str, backend: str) -> Iterator[Task]:
    modules = FLOOR_TEST if subject == FLOOR else EMPTY_TEST
    # Workers would share the file, or the server's database, of the others.
    shared = subject in OTHERS and backend != "sqlite-memory"
    # Creating tables 10,000 times takes many minutes.
    for tests in sizes.numbers[: -1 if subject in CREATES_TABLES else None]:
        rounds = min(sizes.rounds, 1 if tests == sizes.numbers[-1] else 2)
        common = (subject, backend, modules, sizes.tables[0], tests)
        yield Task("numbers", rounds, *common)
        if not shared:
            yield Task("numbers", 1, *common, 2)
