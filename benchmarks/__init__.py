"""Measures what isolating database tests costs, here and elsewhere.

`python -m benchmarks` runs everything, prints tables and writes them, with plots, to
`docs/`. Read

- `plan.py`: what is measured, in which sizes and how often,
- `measuring.py` and `scaffolding.py`: how it is measured,
- `projects.py` and `subjects/`: what is compared,
- `costs.py`, `report.py` and `plots.py`: what becomes of the figures.
"""
