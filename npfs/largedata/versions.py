"""What the workers have installed, beside what this process has."""

from collections.abc import Iterator, Mapping
from typing import Any

from distributed import Client

from npfs.largedata.errors import ClusterError

# Of which releases must be equal, and of which a release that differs in its last place will do.
EQUAL = ("dask", "distributed", "npfs")
SAME_MINOR = ("python", "numpy", "numba")
SHOWN = 3  # workers that are named


def require_same_versions(client: Client) -> None:
    """Compare the packages that the kernels and the data go through.

    Raises
    ------
    ClusterError
        Names package, version and worker.
    """
    found = client.get_versions(packages=[*EQUAL, *SAME_MINOR[1:]])
    here = found["client"]["packages"]
    workers = {
        address: (of or {}).get("packages") or {} for address, of in found["workers"].items()
    }
    different = list(differences(here, workers))
    if different:
        more = f", and {len(different) - SHOWN} more" if len(different) > SHOWN else ""
        raise ClusterError(
            f"workers differ from this process: {'; '.join(different[:SHOWN])}{more}; install the same versions on all of them"
        )


def differences(here: Mapping[str, Any], workers: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield what differs, a text for each worker."""
    for address, there in workers.items():
        texts = [
            f"{package} {there.get(package) or 'is missing'} (here {here.get(package) or 'it is missing'})"
            for package in (*EQUAL, *SAME_MINOR)
            if _compared(package, there) != _compared(package, here)
        ]
        if texts:
            yield f"{address} has {', '.join(texts)}"


def _compared(package: str, versions: Mapping[str, Any]) -> Any:
    version = versions.get(package)
    if version is None or package in EQUAL:
        return version
    return str(version).split(".")[:2]
