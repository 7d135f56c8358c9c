"""The machine that renders projects, checks them and runs their suites.

Read in this order:

- `questionnaire.py`: the template's questions, read with Copier's own classes,
- `combinations.py`: every combination of answers, all pairs of them, and shards,
- `projects.py`: renders projects, once per answers, and runs commands in them,
- `checks.py`: the static checks of a rendered project,
- `suites.py`: runs a rendered project's suite, and says what it must report,
- `runner.py`, `forkserver.py`, `interpreter.py`: start pytest in a few milliseconds,
- `results.py`: remembers what has passed, so that it need not run again,
- `remembering.py`: the same for tests that start programs and servers,
- `progress.py`: what the terminal shows.
"""
