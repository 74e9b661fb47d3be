"""The records of run files, and their JSON schema in the documentation."""

import inspect
import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from npfs.schema import Case, Document, Run, Size
from tests import run_files

PUBLISHED = Path(__file__).parents[1] / "docs" / "run.schema.json"
MORE = [
    run_files.startup("numpy", 1.0),
    run_files.memory("numpy", 10**6, 16e6, None),
    run_files.conversion("to_array", 10, 1e-6),
    run_files.read_pass("one", Size(10, 1), 1e-9),
    run_files.instructions("numpy", [[10, 300], [1000, 300]]),
    run_files.layout({"torch": True, "jax": None}),
    run_files.cluster(10**6, (2, 0.1, 0.002, 0.006)),
]


def document() -> dict[str, Any]:
    return run_files.document({("numpy", 10_000, 16): 1.0}, once=MORE)


def json_schema() -> dict[str, Any]:
    """Generate the JSON schema of a run file."""
    (found,), definitions = msgspec.json.schema_components([Document])
    draft = "https://json-schema.org/draft/2020-12/schema"
    for defined in definitions.values():  # docstrings, which msgspec takes as they are, or cleaned
        if "description" in defined:
            defined["description"] = inspect.cleandoc(defined["description"])
    return {"$schema": draft, **found, "$defs": definitions}


def test_the_published_schema_is_that_of_the_records() -> None:
    current = json.dumps(json_schema(), indent=1) + "\n"
    assert PUBLISHED.read_text(encoding="utf-8") == current, "write json_schema() into it"


def test_run_files_follow_the_published_schema() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document(), schema)
    wrong = document()
    wrong["npfs"]["epochs"] = 0
    with pytest.raises(jsonschema.ValidationError, match="0 is less than the minimum"):
        jsonschema.validate(wrong, schema)


def test_records_are_written_as_they_are_read() -> None:
    found = msgspec.convert(document(), Document)
    assert msgspec.convert(msgspec.to_builtins(found), Document) == found


def test_a_case_keeps_what_was_measured_alone() -> None:
    case = Case(id="a", group="mine", params={"depth": 3}, timed_s=1.0)
    assert msgspec.to_builtins(case) == {
        "id": "a",
        "group": "mine",
        "params": {"depth": 3},
        "timed_s": 1.0,
    }
    assert msgspec.convert({**msgspec.to_builtins(case), "colour": "blue"}, Case) == case


def test_a_size_has_its_id_and_sorts_by_features_first() -> None:
    sizes = [Size(10, 2), Size(1000, 1), Size(10, 1, "float32"), Size(10, 1)]
    assert [str(size) for size in sorted(sizes)] == ["10-float32", "10", "1000", "10x2"]
    assert max(sizes) == Size(10, 2)
    assert (Size(10, 2).numbers, Size(10, 2).data_bytes) == (30, 240)
    assert Size(10, 2, "float32").data_bytes == 120
    assert msgspec.convert(Size(10, 2).params(), Size) == Size(10, 2)


def test_what_old_files_lack_is_told_from_what_is_unknown() -> None:
    ours = document()["npfs"]
    environment = msgspec.convert(ours, Run).environment
    assert environment.governor is msgspec.UNSET
    ours["environment"] = {**ours["environment"], "governor": None}
    assert msgspec.convert(ours, Run).environment.governor is None
