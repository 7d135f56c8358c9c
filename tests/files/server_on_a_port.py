"""The harness's own keeper of a server, but on a port, as the servers of users are.

It stops the server when its standard input closes.
"""

import os
import sys
from pathlib import Path

import keeper

keeper.INITDB[keeper.INITDB.index("--auth-host=scram-sha-256")] = "--auth-host=trust"
os.environ |= {"PORT": sys.argv[1], "ADDRESSES": "127.0.0.1"}
keeper.keep(Path.cwd(), Path(os.environ["PROGRAMS"]))
