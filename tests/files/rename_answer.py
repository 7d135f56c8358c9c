"""Gives an answer its question's new name: FILE OLD NEW."""

import re
import sys
from pathlib import Path

file, old, new = sys.argv[1:]
path = Path(file)
path.write_text(re.sub(f"^{old}:", f"{new}:", path.read_text(), flags=re.M))
