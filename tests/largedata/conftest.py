"""A real cluster with processes, started once."""

import os
from collections.abc import Iterator

import pytest
from distributed import Client

from npfs.largedata.connection import close_local, connect


@pytest.fixture(scope="module", autouse=True)
def environment_kept() -> Iterator[None]:
    """A nanny sets variables for the worker that takes the place of one that died, and they stay."""
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
