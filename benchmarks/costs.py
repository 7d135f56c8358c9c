"""What is derived from the figures, all of it within a round."""

from collections.abc import Callable
from dataclasses import replace
from operator import sub, truediv

from . import results
from .results import EMPTY, PROCESS, REALISTIC, Case, Summary

# Returns a cost of a subject on a backend, None if it was not measured.
Cost = Callable[[str, str], Summary | None]
OWN = "own"  # stands for the subject or the backend that is asked for
# The least that counts as a cost, so that ratios of nothing stay finite.
LEAST = 0.001


class Costs:
    """The costs in what was measured in one run."""

    def __init__(self, measured: results.Results) -> None:
        self._measured = measured
        self.tables: list[int] = measured.sizes["tables"]
        self.numbers: list[int] = measured.sizes["numbers"]
        self.long: int = measured.sizes.get("long", 0)
        self.rows: int = measured.sizes.get("rows", 100)  # as it was at first
        self.base, self.most = self.tables[0], self.tables[-1]
        self._floor = Case(EMPTY, results.FLOOR, "", self.base)

    def test(self, kind: str = EMPTY, tests: int = 0) -> Cost:
        """Return the ms that a test takes, in a suite of so many if that is told."""
        return self._cost(float, Case(kind, OWN, OWN, self.base, tests))

    def added(self, kind: str = EMPTY, tables: int = 0) -> Cost:
        """Return how many ms more a test takes than an empty one without a database."""
        return self._cost(sub, Case(kind, OWN, OWN, tables or self.base), self._floor)

    def less(self, kind: str = EMPTY, tables: int = 0) -> Cost:
        """Return how many times less that is than what the tutorial adds."""
        own = Case(kind, OWN, OWN, tables or self.base)
        return self._cost(_added, replace(own, subject="tutorial"), own, self._floor)

    def growth_with_tables(self, kind: str) -> Cost:
        """Return how many times as much is added with the most tables."""
        base, most = (Case(kind, OWN, OWN, tables) for tables in (self.base, self.most))
        return self._cost(_added, most, base, self._floor)

    def growth_with_tests(self) -> Cost:
        """Return how many times as much a test costs in the longest suite."""
        few, *_, many = (Case(EMPTY, OWN, OWN, self.base, n) for n in self.numbers)
        return self._cost(truediv, many, few)

    def one_more(self, workers: int) -> Cost:
        """Return the ms that one test more takes, from whole processes."""
        few, *_, many = self.numbers
        return self._cost(
            lambda shorter, longer: (longer - shorter) / (many - few) * 1000,
            *(Case(PROCESS, OWN, OWN, self.base, n, workers) for n in (few, many)),
        )

    def to_recipe(self, kind: str) -> Cost:
        """Return how many times as much a test costs as the recipe's, side by side."""
        own = Case(results.TAKING_TURNS + kind, OWN, OWN, self.base)
        return self._cost(truediv, own, replace(own, subject="recipe"))

    def trips(self, kind: str) -> Cost:
        """Return how often a test waits for the server."""
        return self._cost(float, Case(results.TRIPS + kind, OWN, OWN, self.base))

    def to_driver(self) -> Cost:
        """Return how many times what the driver alone takes a realistic test costs."""
        own = Case(REALISTIC, OWN, OWN, self.base)
        return self._cost(truediv, own, replace(own, subject=results.DRIVER))

    def memory(self) -> Cost:
        """Return how many times the memory grows in a long suite with many tables."""
        return self._cost(float, Case(results.MEMORY, OWN, OWN, self.most))

    def detector(self) -> Cost:
        """Return the µs that it takes to look for leaks."""
        kinds = (Case(kind, OWN, OWN, self.base) for kind in (results.DETECTOR, EMPTY))
        return self._cost(lambda hundred, none: (hundred - none) * 10, *kinds)

    def later(self) -> Cost:
        """Return how many seconds more a suite of one test takes with a database."""
        without = Case(PROCESS, results.WITHOUT, "", self.base, 1)
        return self._cost(sub, replace(without, subject=OWN, backend=OWN), without)

    def seconds(self, tables: int = 0, tests: int = 0) -> Cost:
        """Return the seconds that a process takes, or a suite of so many tests."""
        return self._cost(float, Case(PROCESS, OWN, OWN, tables, tests))

    def adopted(self, measure: str, when: str) -> Cost:
        """Return what an application's own tests take, before the harness or after."""
        return self._cost(float, Case(measure, OWN, when))

    def times(self, name: str) -> Cost:
        """Return how many times as long as the process `name` another one takes."""
        return self._cost(truediv, Case(PROCESS, OWN), Case(PROCESS, name))

    def served(self, name: str) -> Cost:
        """Return how many requests an application answers in a second."""
        return self._cost(float, Case(results.SERVED + name, OWN, OWN))

    def to_bare(self) -> Cost:
        """Return how many times as many the rendered application answers."""
        names = (results.RENDERED, results.BARE)
        cases = (Case(results.SERVED + name, OWN, OWN) for name in names)
        return self._cost(truediv, *cases)

    def failed(self, name: str) -> Cost:
        """Return how many requests fail in all rounds, where others have the median."""

        def cost(subject: str, backend: str) -> Summary | None:
            case = Case(results.FAILED + name, subject, backend)
            figures = self._measured.figures.get(case)
            if not figures:
                return None
            return Summary(sum(figures), min(figures), max(figures), len(figures))

        return cost

    def _cost(self, compute: Callable[..., float], *cases: Case) -> Cost:
        """Return what sums up `compute` of each round, unless a case comes twice."""

        def cost(subject: str, backend: str) -> Summary | None:
            asked = {"subject": subject, "backend": backend}
            found = []
            for case in cases:
                own = {k: name for k, name in asked.items() if getattr(case, k) == OWN}
                found.append(replace(case, **own))  # type: ignore[arg-type]
            distinct = len(set(found)) == len(found)
            return self._measured.compare(compute, *found) if distinct else None

        return cost


def _added(figure: float, other: float, floor: float) -> float:
    return (figure - floor) / max(other - floor, LEAST)
