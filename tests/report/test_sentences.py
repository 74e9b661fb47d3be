"""Every sentence of the report once: ``pytest -s`` prints them, to be read aloud."""

import math
import re
from typing import Any

import pytest

from npfs.analysis.decisions import JOBS, Job
from npfs.analysis.scale import predicted_epoch
from npfs.analysis.statistics import Interval
from npfs.report.answer import parts_of
from npfs.report.formatting import Sentences, environment
from npfs.schema import ClusterEpoch, Instructions, Layout, Size

# Words that the house does not use, beside those that it does (DESIGN.md, section 5).
BANNED = re.compile(
    r"\b(?:fore(?:tell|told)\w*|t(?:old|wo[- ]valued?|wo values)|said|rungs?|ladders?|ceilings?|"
    r"visit\w*|(?:comes?|seen) once|on top|reach(?:es)?|borne out|bears? out|within noise|caveats?|"
    r"two threads met|hand(?:ed)? over|that which|as fast again)\b",
    re.IGNORECASE,
)
COUNTED = r"\b1 (?:rows|epochs|runs|fits|cores|cases)\b"
ODD = re.compile(rf"\b(?:nan|None|inf)\b|{COUNTED}|(?<!\.)\.\.(?!\.)| [,;]")

ROWS, WIDE = Size(1_000, 1), Size(10_000, 64)
FACTOR, BELOW = Interval(35.2, 33.5, 36.9, 10), Interval(0.607, 0.553, 0.666, 4)
SAME, WIDER = Interval(1.01, 0.9, 1.13, 3), Interval(1.1, 0.97, 1.25, 5)
ONE_RUN = Interval(8.3, math.nan, math.nan, 1)
SECONDS = Interval(2.94e-3, 2.47e-3, 3.49e-3, 10)
PAIR = {"a": "NumPy", "b": "lists"}
LAYOUT = Layout(8.0, 24, 32, 0.997, 8, 8, True)
LISTS, ARRAYS = Instructions(((10, 334), (1_000, 29_044))), Instructions(((10, 562), (1_000, 562)))
EPOCH = ClusterEpoch(Size(10**8, 4), 2, 0.164, 0.161, 1.21e-3, 1.74e-3)
WHY = "one fit would take 9.1 s, the limit is 3 s"

VALUES: dict[str, dict[str, list[dict[str, Any]]]] = {
    "answer": {
        "question": [{}],
        "question_of_large_data": [{}],
        "use_numpy": [
            {"start": 1_000, "most": 10**6, "speedup": 35.2, "few": 10, "lists_speedup": 9.11},
            {"start": None, "most": 10**6, "speedup": 1.05, "few": None, "lists_speedup": None},
        ],
        "use_lists": [{"most": 100, "speedup": 4.0}],
        "compared": [
            {"faster": "lists", "slower": "NumPy", "size": WIDE, "speedup": 4.0},
            {"faster": "NumPy", "slower": "lists", "size": WIDE, "speedup": 4.0},
        ],
        "in_one_run": [
            {"faster": "lists", "slower": "NumPy", "size": ROWS, "speedup": 4.0},
            {"faster": "Numba", "slower": "NumPy", "size": ROWS, "speedup": 1.0},
        ],
        "no_difference": [PAIR | {"size": ROWS}],
        "too_uncertain": [PAIR],
        "numba_overtakes": [{"seconds": 0.57, "wide": ""}],
        "no_numba": [{"most": 10**6, "speedup": 2.0, "wide": ""}],
        "numba_faster": [
            {"low": 2.05, "high": 73.1, "n_samples": 10, "sizes": 3, "of": 3, "wide": ""},
            {"low": 2.05, "high": 73.1, "n_samples": 10, "sizes": 2, "of": 3, "wide": ""},
            {"low": 4.0, "high": 4.0, "n_samples": 10, "sizes": 1, "of": 3, "wide": ""},
        ],
        "wide_numpy": [{"size": WIDE, "speedup": 3.4}],
        "wide_numba": [{"size": WIDE, "speedup": 3.4}],
        "wide_alike": [{"size": WIDE}],
        "startup": [{"costs": [("lists", 0.026), ("NumPy", 0.082), ("Numba", 0.36)]}],
    },
    "findings": {
        "faster": [
            PAIR | {"size": ROWS, "speedup": FACTOR},
            {"a": "lists", "b": "NumPy", "size": WIDE, "speedup": ONE_RUN},
        ],
        "perhaps_faster": [{"a": "lists", "b": "NumPy", "size": ROWS, "speedup": WIDER}],
        "no_difference": [
            {"a": "NumPy, in place", "b": "Numba, SIMD", "size": ROWS, "speedup": SAME}
        ],
        "too_uncertain": [{"a": "NumPy, in place", "b": "NumPy", "size": ROWS}],
        "faster_everywhere": [PAIR],
        "faster_from": [
            PAIR | {"above": 1_000, "below": 100, "is_slower": is_slower}
            for is_slower in (True, False)
        ],
        "faster_in_between": [
            PAIR | {"sizes": ["100", "1,000"], "is_slower": is_slower}
            for is_slower in (True, False)
        ],
        "slower_everywhere": [PAIR],
        "nowhere_faster": [PAIR],
        "range": [PAIR | {"low": SAME, "at_low": 10, "high": FACTOR, "at_high": 10**6}],
        "bandwidth": [
            {"name": "Numba, all cores", "size": ROWS, "share": share, "is_reached": is_reached}
            for share, is_reached in ((BELOW, False), (SAME, True))
        ],
        "shortcut": [
            {
                "name": "NumPy, Gram matrix once", "size": ROWS, "reference": "Numba, all cores",
                "speedup": FACTOR,
            }
        ],
        "float32": [
            {"name": "NumPy", "size": ROWS, "speedup": speedup, "is_alike": is_alike}
            for speedup, is_alike in ((FACTOR, False), (SAME, True))
        ],
    },
    "jobs": {
        **{job.name.replace("-", "_"): [{}] for job in JOBS},
        "table": [{}],
        "table_models": [{}],
        "work": [{"job": JOBS[0]}, {"job": JOBS[-1]}],
        "described": [
            {"name": "wide data", "job": JOBS[3]},
            {"name": "your table", "job": Job("table", 442, 10, 1_000)},
        ],
        "heading": [{}],
        "good_enough": [{}],
        "first": [{}],
        "not_measured": [{}],
        "extrapolated": [{}],
        "alike": [{"names": ["NumPy, in place"]}, {"names": ["NumPy", "Numba, SIMD", "2 others"]}],
        "perhaps": [{"names": ["NumPy"]}, {"names": ["lists", "NumPy", "Numba"]}],
        "perhaps_short": [{"names": ["NumPy"]}, {"names": ["NumPy", "Numba"]}],
        "how_to_read": [{"without": parts} for parts in ([], ["startup"])],
        "good_enough_is": [{"without": parts} for parts in ([], ["startup"])],
        "how_it_adds_up": [
            {"to_lists": None, "to_array": None},
            {way: {"seconds": SECONDS, "size": ROWS} for way in ("to_lists", "to_array")},
        ],
        "otherwise": [{"job": "a formula", "limit": 0.05, "names": ["NumPy", "Numba"]}],
        "without": [{"parts": ["startup", "conversion"]}, {"parts": ["conversion"]}],
        "notebook": [
            {"choices": [(("lists",), ["a formula", "a lesson"]), (("Numba",), ["wide data"])]},
            {"choices": [(("NumPy",), ["a formula"])]},
            {"choices": [(("NumPy", "Numba"), ["a formula"])]},
        ],
        **{name: [{}] for name in ("cost", "costs", "startup_row", "install_row", "lines_row")},
        "memory_row": [{"size": ROWS}],
        "installed": [{"n_bytes": n_bytes} for n_bytes in (57e6, 0)],
        "memory": [{"size": ROWS, "needs": [("lists", 79e6), ("NumPy", 56e6), ("Numba", 32e6)]}],
    },
    "claims": {
        **{
            name: [{}]
            for name in (
                "confirmed", "partly_confirmed", "not_confirmed", "not_measured", "contiguous",
                "layout_missing", "no_interpreter_loop", "instructions_missing", "counted",
                "faster", "not_both", "one_run", "zero_copy",
            )
        },
        "array_layout": [{"layout": LAYOUT}],
        "list_layout": [
            {"layout": LAYOUT},
            {"layout": Layout(8.0, 24, None, None, 8, 8, True)},
        ],
        "held": [{"size": ROWS, "lists": 79.1e6, "arrays": 16e6}],
        "instructions": [{"lists": LISTS, "arrays": ARRAYS}, {"lists": LISTS, "arrays": LISTS}],
        "shares": [{"library": "PyTorch", "version": "2.13.0"}],
        "copies": [{"library": "PyTorch", "version": "2.13.0"}],
        "not_tried": [{"library": "JAX", "reason": "not installed"}],
    },
    "startup": {
        **{
            name: [PAIR | {"size": ROWS}]
            for name in ("sooner", "startup_alike", "fits_alike", "within_one_fit", "after_unknown")
        },
        "later": [PAIR],
        "after": [PAIR | {"size": ROWS, "fits": FACTOR}],
        "after_range": [PAIR | {"size": ROWS, "fewest": 5.0, "most": 500.0}],
        "conversion": [
            {"size": ROWS, "to_array": SECONDS, "fits": None, "to_lists": None},
            {"size": ROWS, "to_array": SECONDS, "fits": BELOW, "to_lists": SECONDS},
        ],
        "first_result": [{"samples": 1_000}],
        "memory": [{}],
        "memory_unknown": [{"reason": "the system does not report it"}],
        "unknown": [{}],
        "single": [{}],
    },
    "provenance": {
        **{
            name: [{}]
            for name in (
                "one_backend", "no_one_feature", "no_read_pass", "no_layout",
                "same_work", "intervals", "read_pass",
            )
        },
        "machine": [{"parts": ["AMD EPYC", "2 cores", "Linux 6", "CPython 3.11.7"]}],
        "data": [{"file": "d.csv", "size": WIDE, "target": "price", "digest": "e9c1f755"}],
        "published": [{"problem": "real-python"}],
        "where": [{"date": "2026-11-24", "parts": ["AMD EPYC", "2 cores"]}],
        "timed_runs": [{"runs": runs, "epochs": epochs} for runs, epochs in ((1, 10), (10, 1))],
        "significance": [{"comparisons": 423}, {"comparisons": 1}],
        "coverage": [{"share": 0.96}],
        "not_timed_in_short": [{"number": 1}, {"number": 4}],
        "one_run": [{"command": "python -m pytest bench --benchmark-only"}],
        "no_fit": [{"command": "python -m pytest bench --benchmark-only"}],
        "one_table": [{"file": "d.csv"}],
        "one_size": [{"size": WIDE}],
        "interrupted": [{"runs": ["1"]}, {"runs": ["1", "2", "3"]}],
        "note": [{"title": "Numba", "note": "compiled anew in each process"}],
        "file_left_out": [{"file": "x.json", "why": "is not valid JSON"}],
        "runs_left_out": [{"runs": ["1"], "why": "epochs: 20 there, 10 now"}],
        "older_source": [{"title": "NumPy, in place", "runs": ["1", "2"]}],
        "not_installed": [{"names": ["jax"]}, {"names": ["c", "jax", "torch"]}],
        "not_available": [{"why": "backend 'c' needs a C compiler and found none"}],
        "not_timed": [{"name": "python-10000000", "why": WHY}],
        "cases_not_timed": [
            {"count": 2, "names": ["a-10", "b-10"], "more": False, "why": WHY},
            {"count": 9, "names": ["a-10", "b-10"], "more": True, "why": WHY},
        ],
        "partly_timed": [{"name": "python-10000000", "why": WHY}],
        "failed": [{"name": "numba-10", "why": "ConformanceError: wrong"}],
        "timed": [{"epochs": 10}, {"epochs": 1}],
        "runs": [{"repetitions": 20}, {"repetitions": 1}],
        "disturbed": [
            {"share": 0.12, "threshold": 0.1, "bimodal": bimodal}
            for bimodal in ([], ["numba-10", "numba-1000"])
        ],
        "effort": [
            {
                "runs": 10, "jobs": 1, "rounds": 93_188, "timed_s": 511.0, "wall_s": 930.0,
                "first": "2026-11-24 18:00", "last": "2026-11-24 18:14", "options": options,
            }
            for options in ([], ["--preset full", "--backends python,numpy"])
        ],
        "share_of_time": [{"runs": 2, "wall_s": 60.0, "share": 0.13}],
        "read_on": [{"path": "reports/index.html"}],
    },
    "scale": {
        "mapped": [
            {"size": WIDE, "speedup": BELOW, "rows": rows} for rows in (160_000_000, None)
        ],
        "mapped_in_short": [
            {"size": WIDE, "speedup": speedup, "rows": 160_000_000} for speedup in (BELOW, SAME)
        ],
        "subject": [{"count": count} for count in (0, 1, 2)],
        **{
            name: [
                {"count": 2, "above": above, "below": below, "predicted": 3_700_000}
                for above, below in ((10**7, 10**6), (10**6, None), (None, 10**6))
            ]
            for name in ("workers", "workers_in_short")
        },
        **{
            name: [{"measured": EPOCH, "parts": parts_of(EPOCH), "efficiency": BELOW}]
            for name in ("epoch", "epoch_in_short")
        },
        "prediction": [
            {"epochs": [(w, predicted_epoch(EPOCH, w)) for w in (4, 16, 1_000)], "best": 72}
        ],
        "one_pass": [{"speedup": FACTOR, "epochs": 10, "size": WIDE}],
    },
    "suite": {
        "question": [{"baseline": baseline} for baseline in (None, "how=numpy")],
        "counts": [
            {"baseline": "test_numpy", "total": total, "faster": 1, "slower": 0} for total in (1, 3)
        ],
        "times": [
            {"number": 1, "low": 2.9e-3, "high": 2.9e-3, "margin": 0.02},
            {"number": 12, "low": 1e-6, "high": 2.9e-3, "margin": None},
        ],
        "runs": [{"runs": runs} for runs in (1, 5)],
        "disturbed": [{"share": 0.12, "threshold": 0.1}],
        "significance": [{"comparisons": comparisons} for comparisons in (1, 12)],
        "method": [{"repetitions": repetitions} for repetitions in (1, 20)],
        "intervals": [{}],
        "nothing": [{}],
        "not_in_all_runs": [{"names": ["test_a[1]", "test_a[2]"], "more": more} for more in (0, 3)],
        "more": [{"number": 3}],
        "heading": [{"runs": runs} for runs in (1, 5)],
        "times_as_fast": [{"baseline": "how=numpy"}],
        "alike": [{}],
        "time_of_call": [{}],
        "label": [{"name": "numpy", "time": 2.9e-3}],
        "row": [{"time": 2.9e-3, "ratio": ratio} for ratio in (None, FACTOR, SAME)],
        "tip": [{"name": "numpy", "time": SECONDS, "ratio": ratio} for ratio in (None, FACTOR)],
        "place": [{"x": "n", "at": 1_000}],
        "differs": [
            {"names": ["sorted", "numpy"], "ratio": ratio, "times": [], "one_run": one_run, **place}
            for ratio, one_run, place in (
                (FACTOR, False, {"x": "n", "at": 1_000}), (BELOW, False, {"x": "", "at": None}),
                (ONE_RUN, True, {"x": "share", "at": 0.5}),
            )
        ],
        "none_differs": [{"baseline": "how=numpy"}],
        "where": [{"reports": "reports"}],
        "resume": [{}],
        "span": [
            {"names": ["sorted", "numpy"], "times": times, "one_run": False, "x": "n", "at": 1_000}
            for times in ([1e-6, 1e-3], [1e-6, 1e-6])
        ],
        "caption": [
            {"x": x, "intervals": of, "dots": of, "baseline": base, "shown": 30, "total": total}
            for x, of, base, total in (("n", True, "how=numpy", 30), ("", True, "how=numpy", 40),
                                       ("n", False, None, 40), ("", False, None, 30))
        ],
    },
}  # fmt: skip
# What is a name, a label or a part of a sentence.
PARTS = {
    "answer": {"wide_numpy", "wide_numba", "wide_alike"},
    "findings": set[str](),
    "jobs": {
        *(job.name.replace("-", "_") for job in JOBS), "table", "table_models", "work", "described",
        "heading", "good_enough", "first", "not_measured", "extrapolated", "alike", "perhaps",
        "perhaps_short", "cost", "costs", "startup_row", "install_row", "lines_row", "memory_row",
        "installed",
    },
    "claims": {"confirmed", "partly_confirmed", "not_confirmed", "not_measured"},
    "startup": {"later", "unknown", "single"},
    "provenance": {"share_of_time", "read_on", "where"},
    "scale": {"subject"},
    "suite": {
        "heading", "times_as_fast", "alike", "time_of_call", "label", "row", "tip", "differs", "where",
        "none_differs", "span", "place",
    },
}  # fmt: skip


@pytest.mark.parametrize("topic", VALUES)
def test_every_sentence_is_rendered(topic: str) -> None:
    module = environment().get_template(f"sentences/{topic}.j2").module
    macros = {name for name in vars(module) if not name.startswith("_")}
    assert VALUES[topic].keys() == macros, "give values to each macro of the template"
    sentences = Sentences(topic)
    print(f"\n{topic}")
    for name, each in VALUES[topic].items():
        for values in each:
            sentence = sentences(name, **values)
            print(f"  {sentence}")
            assert sentence
            assert not BANNED.search(sentence), sentence
            assert not ODD.search(sentence), sentence
            if name not in PARTS[topic]:
                assert sentence[-1] in ".?"
                start = values.get("file") or values.get("name") or ""  # a name stays a name
                assert not sentence[0].islower() or sentence.startswith(start)
            else:
                assert sentence[-1] not in ".,;:"
