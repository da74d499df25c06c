"""The fake has no function that the store has not."""

import inspect
from types import ModuleType

import pytest

from tests.services.fake_store import MODULES, functions_of


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_a_fake_function_takes_what_the_store_s_takes(module: ModuleType) -> None:
    fake = MODULES[module]
    for name in functions_of(fake):
        _, *taken = inspect.signature(getattr(fake, name)).parameters
        assert taken == [*inspect.signature(getattr(module, name)).parameters], name
