"""Stands in for the Python interpreter in processes that the fork server makes.

`python -m pytest …` goes to the fork server, which has imported pytest already;
everything else to the real interpreter. Run as a script:
`interpreter.py SOCKET REAL_INTERPRETER ARGUMENTS…`.
"""

import json
import os
import socket
import sys
from typing import Any


def request(address: str, job: dict[str, Any], streams: list[int]) -> socket.socket:
    """Send a job to the fork server; its process id and exit status can be read."""
    client = socket.socket(socket.AF_UNIX)
    client.connect(address)
    data = json.dumps(job).encode() + b"\n"
    sent = socket.send_fds(client, [data], streams)
    client.sendall(data[sent:])
    return client


def main(address: str, real: str, *arguments: str) -> int:
    """Run the interpreter with `arguments` and return its exit status."""
    if arguments[:2] != ("-m", "pytest"):
        os.execv(real, [real, *arguments])
    job = {
        "arguments": arguments[2:],
        "directory": os.getcwd(),
        "variables": dict(os.environ),
        "report": None,
    }
    with request(address, job, [0, 1, 2]).makefile() as answer:
        answer.readline()
        return int(answer.readline() or 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
