# fmt: off; isort: skip_file
"""The test harness: nobody should have to edit it.

Start at `plugin.py`. Tests may import `AssertQueries` from here, whatever modules the
harness consists of.
"""

from .queries import AssertQueries

__all__ = ["AssertQueries"]
