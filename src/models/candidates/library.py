"""LightGBM without scikit-learn, for which it has classes that nothing here uses."""

import sys
from types import ModuleType


def load_lightgbm() -> ModuleType:
    """Return LightGBM, imported with scikit-learn only where that is loaded already: it takes seconds."""
    is_hidden = "sklearn" not in sys.modules and "lightgbm" not in sys.modules
    if is_hidden:
        sys.modules["sklearn"] = None
    try:
        import lightgbm
    finally:
        if is_hidden:
            del sys.modules["sklearn"]
    return lightgbm
