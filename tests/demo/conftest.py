"""The sandbox, for tests of what is in it."""

from tests.cli.conftest import pristine, sandbox

__all__ = ["pristine", "sandbox"]
