"""What the tests of the template need to render projects, check them and run them.

Read in this order:

- `questionnaire.py`: the template's questions, read with Copier's own classes,
- `facts.py`: what is known about the answers before any test starts,
- `remembering.py`: renders Jinja once for all answers that make no difference,
- `combinations.py`: every combination of answers, and all pairs of them,
- `selection.py`: which tests are run, and shards,
- `environment.py`, `forking.py`: run commands, those in Python without starting it,
- `projects.py`: renders projects, once per answers, and runs commands in them,
- `derived.py`: the files of any combination, as Copier would render them,
- `checks.py`: the static checks of a rendered project,
- `sources.py`: those of its Python files, which check equal files once,
- `runner.py`: runs pytest and says what became of each test,
- `suites.py`: runs a rendered project's suite, and says what it must report,
- `pipelines.py`: what a rendered project's CI runs,
- `postgresql.py`: starts a PostgreSQL server with the code of the harness,
- `serving.py`: serves a rendered project's API with FastAPI's own program,
- `repositories.py`: git repositories of the template's versions and of projects,
- `terminals.py`: runs a program in a terminal, and types,
- `edits.py`, `updating.py`: a user's work in a project, and what an update must keep,
- `runs.py`, `machines.py`: runs that are disturbed, and the machines they run on.
"""
