"""Measures what isolating database tests costs, here and elsewhere.

`python -m benchmarks` runs everything, prints tables and writes them, with plots, to
`docs/`. `plan.py` says what is measured, in which sizes and how often; `projects.py`
and `subjects/` what is compared; `report.md.jinja` what becomes of the figures.
"""
