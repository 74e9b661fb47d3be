"""Which cluster is used, and what is said of one that cannot be."""

import http.server
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import dask
import pytest
from distributed import Client, LocalCluster

from npfs.largedata import connection
from npfs.largedata.connection import ClusterError, connect, differences, require_same_versions


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "CONNECT_WITHIN", 2)


def test_without_an_address_the_cluster_on_this_machine_is_used_and_kept(client: Client) -> None:
    assert connect() is client
    assert sorted(client.nthreads().values()) == [1] * len(client.nthreads())
    with pytest.raises(ValueError, match="No clients found"):
        Client.current()  # what else this process has Dask do is not sent there


def other_cluster(n_workers: int) -> LocalCluster:
    """A second cluster, in threads of this process."""
    return LocalCluster(
        n_workers=n_workers,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    )


def test_the_address_comes_first_then_the_client_in_use_then_the_configuration(
    client: Client,
) -> None:
    with other_cluster(n_workers=1) as other:
        with dask.config.set({"scheduler-address": other.scheduler_address}):
            configured = connect()
        assert configured.scheduler.address == other.scheduler_address
        assert connect(other.scheduler_address) is configured
        assert connect() is configured  # it became Dask's default client
        address = client.scheduler.address
        named = connect(address)
        try:
            assert named.scheduler.address == address
            assert connect() is named
        finally:
            named.close()
            configured.close()
    assert connect() is client


@pytest.mark.parametrize(
    "address", ["127.0.0.1:1", "tcp://127.0.0.1:1", "nowhere.invalid:8786", "[::1]:1"]
)
def test_an_address_where_nothing_listens_is_a_sentence_in_time(address: str) -> None:
    start = time.monotonic()
    with pytest.raises(ClusterError, match=r"no (scheduler|Dask scheduler).*`dask scheduler`"):
        connect(address)
    assert time.monotonic() - start < 8


@pytest.mark.parametrize(
    "address", ["localhost", "tcp://x:abc", "http://127.0.0.1:80", "::::", "tcp://", "a b", "tls://127.0.0.1:1"]
)  # fmt: skip
def test_what_is_no_address_is_a_sentence(address: str) -> None:
    with pytest.raises(
        ClusterError, match=r"is no address of a scheduler \(.*give one such as tcp"
    ):
        connect(address)


@pytest.fixture
def web_server() -> Iterator[int]:
    class Quiet(http.server.BaseHTTPRequestHandler):
        def log_message(self, *arguments: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_another_server_and_a_worker_are_no_scheduler(client: Client, web_server: int) -> None:
    start = time.monotonic()
    for address in (f"127.0.0.1:{web_server}", next(iter(client.nthreads()))):
        with pytest.raises(ClusterError, match=r"what listens at .* is no Dask scheduler; give"):
            connect(address)
    assert time.monotonic() - start < 10


def test_a_cluster_without_a_worker_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("npfs.largedata.connection.WORKERS_WITHIN", 0.5)
    with other_cluster(n_workers=0) as other:
        with pytest.raises(ClusterError, match=r"no worker is connected to tcp.*`dask worker tcp"):
            connect(other.scheduler_address)
        Client.current().close()


HERE = {
    "python": "3.11.7.final.0", "dask": "2026.8.0", "distributed": "2026.8.0", "numpy": "2.4.6",
    "numba": "0.68.1", "npfs": "0.1.0",
}  # fmt: skip


@pytest.mark.parametrize(
    ("there", "text"),
    [
        ({}, None),
        ({"numpy": "2.4.1", "python": "3.11.2.final.0"}, None),
        ({"numpy": "2.3.6"}, "tcp://w has numpy 2.3.6 (here 2.4.6)"),
        ({"dask": "2026.8.1"}, "tcp://w has dask 2026.8.1 (here 2026.8.0)"),
        ({"npfs": None}, "tcp://w has npfs is missing (here 0.1.0)"),
        (
            {"python": "3.12.1.final.0", "numba": None},
            "tcp://w has python 3.12.1.final.0 (here 3.11.7.final.0), numba is missing (here "
            "0.68.1)",
        ),
    ],
)
def test_versions_that_matter_are_compared(there: dict[str, str | None], text: str | None) -> None:
    found = list(differences(HERE, {"tcp://same": HERE, "tcp://w": {**HERE, **there}}))
    assert found == ([] if text is None else [text])


def test_workers_with_other_versions_are_named(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_same_versions(client)
    found = client.get_versions(packages=["npfs", "numba"])
    for worker in found["workers"].values():
        worker["packages"] = {**worker["packages"], "numpy": "1.26.4"}
    monkeypatch.setattr(Client, "get_versions", lambda self, **arguments: found)
    address = min(found["workers"])
    with pytest.raises(
        ClusterError,
        match=rf"workers differ from this process: .*{address} has numpy 1.26.4 \(here .*install the same",
    ):
        require_same_versions(client)


SCRIPT = "from npfs.largedata.connection import connect"


@pytest.mark.parametrize("how", ["file", "stdin"])
def test_a_script_that_workers_would_run_anew_is_told_so(tmp_path: Any, how: str) -> None:
    """Each worker imports the script, which would start a cluster in it."""
    path = tmp_path / "script.py"
    path.write_text(f"{SCRIPT}\nconnect()")
    result = run([str(path)] if how == "file" else ["-"], path.read_text())
    assert result.returncode == 1
    assert "ClusterError: no local cluster could be started" in result.stderr
    assert "below `if __name__ == '__main__':`" in result.stderr


def test_a_script_with_the_guard_ends_and_says_nothing(tmp_path: Any) -> None:
    path = tmp_path / "script.py"
    path.write_text(
        f"{SCRIPT}\nif __name__ == '__main__':\n    print(len(connect().nthreads()) > 0)"
    )
    result = run([str(path)])
    assert (result.stdout.strip(), result.stderr) == ("True", "")


def run(arguments: list[str], given: str = "") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name[:5] != "DASK_"}
    return subprocess.run(
        [sys.executable, *arguments],
        input=given, capture_output=True, text=True, timeout=120, check=False, env=environment,
    )  # fmt: skip
