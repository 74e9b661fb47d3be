"""What the writer and the reader of run files must agree on.

A run file is pytest-benchmark's own JSON. Ours goes into each benchmark's ``extra_info`` and under one
key of the document:

``npfs.schema``
    The version of what follows. A reader refuses a newer one.
``npfs.job``, ``npfs.run``, ``npfs.started``, ``npfs.wall_s``, ``npfs.interrupted``
    The command that a run belongs to, its number in the folder, when it began (UTC, ISO 8601), how many
    seconds it took, and whether it was cut short.
``npfs.preset``, ``npfs.epochs``, ``npfs.seed``, ``npfs.order``
    What was planned, and the ids of the visits in their order: ``numpy-10``, and later ``numpy-10~2``.
``npfs.data``
    Null for synthetic data, or absent in older files; else of the table that fits were timed on: ``file`` (its name,
    without folders), ``digest`` (of its numbers), ``n_samples``, ``n_features``, ``target`` and ``features`` (names of
    columns), ``notes``.
``npfs.planned``
    The options of the plan as they were given, for ``--resume``; of ``--data`` the name of the file alone.
``npfs.environment``
    ``npfs.harness.environment.collect``.
``npfs.backends``
    For each backend its title, whether it does the same work as the others, its note, the digest of
    its source, ``lines_of_code`` (null where there is no source to read) and ``installed_bytes`` by package.
``npfs.unavailable``
    Backends that were not there, with the reason.
``npfs.timing``
    How rounds were timed: clock, garbage collector, warm-up, visits to each case, and the state of the
    memory allocator.
``npfs.skipped``, ``npfs.failed``
    Case ids with the reason why they were not timed, or why their time was not kept.
``npfs.learning``
    ``npfs.suite.learning.record``.
``npfs.load``
    ``before`` and ``after`` the run: ``npfs.harness.load.snapshot``.

``extra_info`` of a case: ``backend``, ``n_samples``, ``n_features``, ``dtype``, ``timed_s`` (seconds inside
rounds and their calibration), ``wall_s`` (seconds for all of it, data and checks included), ``visits`` (how many
rounds each visit has: ``stats.data`` holds them one visit after the other), ``prepare_s`` (seconds of the last
visit's ``prepare``). Read passes have ``ceiling`` ("one" core or "all") in place of ``backend``, and ``passes``, how
many one call takes. Of what comes once, in place of ``backend``:

``first_call``
    The backend whose fresh process was timed, with ``cache`` ("warm" or "cold"), the size and ``epochs`` that it fitted, and
    its parts ``interpreter_s``, ``import_s``, ``first_fit_s``, ``second_fit_s``.
``memory``
    The backend, with ``sizes``: for each size ``held_bytes``, ``peak_bytes`` (null is not known) and ``reason``.
    The time is that of looking.
``instructions``
    The backend, with ``counts``: for each number of samples how many instructions the interpreter executes in an epoch.
``layout``
    ``npfs.suite.layout.of_numbers``; beside it ``hand_over``.
``cluster``
    The backend, with ``parts``: for each number of ``workers`` the seconds of an epoch (``epoch_s``) and of its parts
    ``compute_s``, ``communication_s``, ``scheduling_s``.
``conversion``
    "to_array" (lists into arrays) or "to_lists", with the size.

A run that is being measured is a journal, ``NNNN.journal`` beside the run files: a line of JSON for each entry, with
``at_s`` (seconds since the run began) and either ``run`` (the document above without benchmarks, once), ``begun``
(the id of a case), or ``case`` with one of ``benchmark`` (of one visit), ``skipped`` and ``failed``.
"""

KEY = "npfs"
SCHEMA = 1


def size_id(n_samples: int, n_features: int, dtype: str) -> str:
    """Return how a size is written in the id of a case: 10000, 10000x16, 10000-float32."""
    features = f"x{n_features}" if n_features > 1 else ""
    return f"{n_samples}{features}" + ("" if dtype == "float64" else f"-{dtype}")
