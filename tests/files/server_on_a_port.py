"""The harness's own keeper of a server, but on a port, as the servers of users are.

It stops the server when its standard input closes.
"""

import os
import sys
from pathlib import Path

import keeper

keeper.SETTINGS.remove("listen_addresses=")
keeper.SETTINGS += ["listen_addresses=127.0.0.1", f"port={sys.argv[1]}"]
keeper.keep(Path.cwd(), Path(os.environ["PROGRAMS"]))
