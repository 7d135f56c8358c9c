"""A script that makes tables of the models in a module, and a few rows."""

import importlib
import sys

from sqlalchemy import create_engine
from sqlmodel import Session, SQLModel

TASKS = 100

_, module, url = sys.argv
models = importlib.import_module(module)
engine = create_engine(url)
SQLModel.metadata.create_all(engine)
with Session(engine) as session:
    project = models.Project(name="Project")
    worker = models.Worker(handle="worker")
    session.add_all([project, worker])
    session.flush()
    owners = {"project_id": project.id, "created_by_id": worker.id}
    for number in range(TASKS):
        session.add(models.Task(title=f"Task {number}", **owners))
    session.commit()
