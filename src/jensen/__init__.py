"""More samples of a distribution you only have samples of, with a bound you can trust.

Nothing heavy is imported before it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jensen.data import Schema
    from jensen.estimator import VAE, check, load, more

_HOME = {
    "VAE": "jensen.estimator",
    "check": "jensen.estimator",
    "load": "jensen.estimator",
    "more": "jensen.estimator",
    "Schema": "jensen.data",
}

__all__ = ["VAE", "Schema", "check", "load", "more"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'jensen' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
