"""LightGBM without scikit-learn, for which it has classes that nothing here uses."""

import sys


def load_lightgbm() -> None:
    """Import LightGBM, and scikit-learn with it only where that is loaded already: it takes seconds."""
    is_hidden = "sklearn" not in sys.modules and "lightgbm" not in sys.modules
    if is_hidden:
        sys.modules["sklearn"] = None
    try:
        import lightgbm  # noqa: F401
    finally:
        if is_hidden:
            del sys.modules["sklearn"]
