"""Finds the modules of a package, so that a new file in it is enough."""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def import_modules(package: str) -> list[ModuleType]:
    """Import and return all modules of `package`, in the order of their names.

    What begins with an underscore, such as `__main__`, is left out.
    """
    found = [module.name for module in iter_modules(import_module(package).__path__)]
    public = [name for name in found if not name.startswith("_")]
    return [import_module(f"{package}.{name}") for name in public]
