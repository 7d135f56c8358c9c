"""The answers that tests and benchmarks are parametrized with, from `copier.yml`."""

import yaml

from .environment import REPOSITORY
from .questionnaire import choices_of

_QUESTIONS = yaml.safe_load((REPOSITORY / "copier.yml").read_text())

STRATEGIES = [str(value) for value in choices_of(_QUESTIONS["isolation"])]
DRIVERS = [str(value) for value in choices_of(_QUESTIONS["postgres_driver"])]
BACKENDS = [str(value) for value in choices_of(_QUESTIONS["backend"])]
# Those with one database, and the one with two.
SINGLE_BACKENDS = [backend for backend in BACKENDS if "-and-" not in backend]
[BOTH] = [backend for backend in BACKENDS if backend not in SINGLE_BACKENDS]

PYTHONS = [str(value) for value in choices_of(_QUESTIONS["python_version"])]
