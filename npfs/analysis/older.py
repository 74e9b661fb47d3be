"""Run files of schema 1, turned into those of today."""

from typing import Any

import msgspec

from npfs import schema
from npfs.schema import KEY, Size

Record = dict[str, Any]
SIZE = ("n_samples", "n_features", "dtype")
# The key that named a kind of case, its group, and the parameter that the key held.
KINDS = {
    "backend": (schema.FIT, "backend"),
    "ceiling": (schema.READ, "cores"),
    "conversion": (schema.CONVERSION, "direction"),
    "first_call": (schema.STARTUP, "backend"),
    "memory": (schema.MEMORY, "backend"),
    "instructions": (schema.INSTRUCTIONS, "backend"),
    "layout": (schema.LAYOUT, ""),
    "cluster": (schema.CLUSTER, "backend"),
}


def upgraded(document: Record) -> Record:
    """Return the document of schema 1 as one of today's schema.

    Raises
    ------
    KeyError, TypeError, AttributeError, msgspec.ValidationError
        If a field is missing, or of the wrong kind.
    """
    ours = dict(document[KEY])
    sources = {name: backend["source"] for name, backend in ours["backends"].items()}
    planned = dict(ours.get("planned") or {})
    if "visits" in planned:
        planned["repetitions"] = planned.pop("visits")
    load = {when: one for when, one in (ours.get("load") or {}).items() if one}
    ours |= {
        "schema": schema.SCHEMA,
        "planned": planned,
        "learning": ours["learning"] or None,
        # Schema 1 has the reasons alone.
        "not_installed": [
            name
            for name, why in (ours.get("unavailable") or {}).items()
            if "needs the package" in why
        ],
        "load": {
            when: {**one, "thread_sync_s": one.get("threads_meet_s")} for when, one in load.items()
        },
    }
    benchmarks = [
        {"extra_info": found, "stats": benchmark["stats"]}
        for benchmark in document["benchmarks"]
        if (found := _case(benchmark["extra_info"], sources, ours["epochs"])) is not None
    ]
    return {"benchmarks": benchmarks, KEY: ours}


def _case(info: Record, sources: Record, epochs: int) -> Record | None:
    """Return a case; None if the benchmark is none that is known.

    Fields that kept their names are taken over, and readers ignore the others.
    """
    kind = next((kind for kind in KINDS if kind in info), None)
    if kind is None:
        return None
    group, parameter = KINDS[kind]
    named = {parameter: info[kind]} if parameter else {}
    params = named | {name: info[name] for name in (*SIZE, "cache") if name in info}
    if group == schema.FIT and info.get("epochs", epochs) != epochs:
        params["epochs"] = info["epochs"]
    return info | {
        "id": _id(group, params),
        "group": group,
        "params": params,
        "repetitions": info.get("visits", ()),
        "source": info.get("source") or sources.get(params.get("backend", ""), ""),
        "prepare_s": [info["prepare_s"]] if "prepare_s" in info else (),
        **_measured(group, info),
    }


def _id(group: str, params: Record) -> str:
    words = [str(value) for name, value in params.items() if name not in SIZE]
    if "n_samples" in params:
        words.append(str(msgspec.convert(params, Size)))
    return "-".join(words if group == schema.FIT else [group, *words])


def _measured(group: str, info: Record) -> Record:
    """Return the measured records of a case, by its group."""
    if group == schema.STARTUP:
        return {"startup": info}
    if group == schema.MEMORY:
        return {"memory": [{**row, "size": row} for row in info["sizes"]]}
    if group == schema.INSTRUCTIONS:
        return {"instructions": info}
    if group == schema.LAYOUT:
        return {"layout": _layout(info["layout"], info["hand_over"])}
    if group == schema.CLUSTER:
        return {"cluster": [{**row, "size": info} for row in info["parts"]]}
    return {}


def _layout(layout: Record, hand_over: Record) -> Record:
    of_list, of_array = layout["list"], layout["array"]
    return {
        "pointer_bytes": of_list["bytes_in_list"],
        "object_bytes": of_list["bytes_of_number"],
        "gap_bytes": of_list["gap_bytes"],
        "gap_share": of_list["gap_share"],
        "array_bytes": of_array["bytes_of_number"],
        "stride_bytes": of_array["stride_bytes"],
        "is_contiguous": of_array["contiguous"],
        "zero_copy": [
            {**told, "library": library, "version": told["version"] or ""}
            for library, told in hand_over.items()
        ],
    }
