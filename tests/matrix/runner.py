"""Runs pytest in rendered projects, in processes forked from one that is warm.

It saves the second that pytest, SQLAlchemy and SQLModel take to import: for the
suite, and for each pytest that the suite's own tests start.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import environment, interpreter

TIMEOUT = 300.0  # seconds: no suite takes as long unless it hangs


@dataclass(frozen=True)
class Run:
    """What came of running pytest: its status, what it printed, and each outcome."""

    status: int
    output: str
    outcomes: dict[str, str]


class Runner:
    """A fork server and what is needed to use it; `folder` is its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        # Relative to the folder: the path of a socket may have 107 bytes only.
        self._address = str(folder / "socket")
        shim = folder / "python"
        here = Path(__file__).parent
        command = [sys.executable, "-I", "-S", str(here / "interpreter.py")]
        command += [self._address, sys.executable]
        shim.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        shim.chmod(0o700)
        self._server = subprocess.Popen(
            [sys.executable, "-P", here / "forkserver.py", self._address, shim],
            cwd="/",
            env=environment.variables(PYTHONPATH=""),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._server.stdout is not None
        if self._server.stdout.readline() != "ready\n":
            msg = "the fork server did not start"
            raise RuntimeError(msg)

    def pytest(
        self, root: Path, arguments: Sequence[str], **variables: str | Path
    ) -> Run:
        """Run pytest with `arguments` in the folder `root`."""
        self._count += 1
        report = self._folder / f"{self._count}.json"
        log = self._folder / f"{self._count}.log"
        job = {
            "arguments": list(arguments),
            "directory": str(root),
            "variables": environment.variables(PWD=root, **variables),
            "report": str(report),
        }
        with log.open("wb") as output, open(os.devnull, "rb") as nothing:
            streams = [nothing.fileno(), output.fileno(), output.fileno()]
            client = interpreter.request(self._address, job, streams)
        with client, client.makefile() as answer:
            client.settimeout(TIMEOUT)
            process = int(answer.readline())
            try:
                status = int(answer.readline() or 1)
            except TimeoutError:
                os.killpg(process, signal.SIGKILL)
                status = -1
        outcomes = json.loads(report.read_text()) if report.exists() else {}
        return Run(status, log.read_text(errors="replace"), outcomes)

    def close(self) -> None:
        """Stop the fork server."""
        self._server.communicate()
