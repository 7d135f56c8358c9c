"""Runs a program in a terminal, and types what somebody there would."""

import os
import pty
import select
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from .environment import variables

DEADLINE = 60.0  # seconds


def in_terminal(
    folder: Path, replies: dict[str, str], *command: str | Path
) -> tuple[int, str]:
    """Run a command; return its exit status and what it printed.

    Each of the `replies` is typed, with Enter, once its prompt has been printed.
    """
    ours, its = pty.openpty()
    program = subprocess.Popen(
        [str(part) for part in command],
        cwd=folder,
        env=variables(TERM="dumb"),
        start_new_session=True,
        stdin=its,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    left = list(replies.items())
    output = ""
    end = time.monotonic() + DEADLINE
    with suppress(OSError):  # the program has closed its side
        while time.monotonic() < end:
            if select.select([ours], [], [], 0.1)[0]:
                output += os.read(ours, 65536).decode(errors="replace")
            if left and left[0][0] in output:
                os.write(ours, left.pop(0)[1].encode() + b"\r")
    os.close(ours)
    if program.poll() is None and time.monotonic() >= end:
        program.kill()
    return program.wait(), output
