"""The project in a folder of its own that the tests of reading use."""

from tests.data.conftest import project

__all__ = ["project"]
