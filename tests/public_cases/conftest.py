"""The cases are played against whole handlers, as the functional tests are."""

from tests.functional.conftest import application, key, table

__all__ = ["application", "key", "table"]
