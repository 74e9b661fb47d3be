"""A real cluster with processes, started once."""

import os
from collections.abc import Iterator

import pytest
from distributed import Client

from npfs.largedata.connection import close_local, connect


@pytest.fixture(scope="module", autouse=True)
def environment_kept() -> Iterator[None]:
    """Undo the variables that a nanny sets for a worker that replaces one that died."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    """The cluster on this machine, a worker for each core."""
    yield connect()
    close_local()
