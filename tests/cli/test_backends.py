"""``npfs backends``."""

import json

from npfs.backends.registry import backend_names
from tests.cli.conftest import Npfs


def test_backends_says_what_is_available_and_why_not(npfs: Npfs) -> None:
    found = json.loads(npfs("backends", "--json").stdout)
    assert [of["name"] for of in found] == backend_names()
    for of in found:
        assert of["available"] == (of["reason"] is None)
    numba = next(of for of in found if of["name"] == "numba")
    assert set(numba["versions"]) >= {"numba", "numpy"}
    text = npfs("backends").stdout
    for of in found:
        assert (of["title"] in text) if of["available"] else (of["name"] in text)
