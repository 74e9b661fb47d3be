"""A real cluster with processes, started once."""

from collections.abc import Iterator

import pytest
from distributed import Client

from npfs.cluster.connection import close_local, connect


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    """The cluster on this machine, a worker for each core."""
    yield connect()
    close_local()
