from collections.abc import Iterator

import pytest
from controllers import MADE


@pytest.fixture(autouse=True)
def closes_what_a_test_made() -> Iterator[None]:
    yield
    while MADE:
        MADE.pop().close()
