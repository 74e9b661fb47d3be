"""What the writer and the reader of run files must agree on.

A run file is pytest-benchmark's own JSON. Ours goes into each benchmark's ``extra_info`` and under one
key of the document:

``npfs.schema``
    The version of what follows. A reader refuses a newer one.
``npfs.job``, ``npfs.run``, ``npfs.started``, ``npfs.wall_s``, ``npfs.interrupted``
    The command that a run belongs to, its number in the folder, when it began (UTC, ISO 8601), how many
    seconds it took, and whether it was cut short.
``npfs.preset``, ``npfs.epochs``, ``npfs.seed``, ``npfs.order``
    What was planned, and the case ids in the order they were timed.
``npfs.environment``
    ``npfs.measure.environment.collect``.
``npfs.backends``
    For each backend its title, whether it does the same work as the others, its note and the digest of
    its source.
``npfs.unavailable``
    Backends that were not there, with the reason.
``npfs.timing``
    How rounds were timed: clock, garbage collector, warm-up.
``npfs.skipped``, ``npfs.failed``
    Case ids with the reason why they were not timed, or why their time was not kept.
``npfs.learning``
    ``npfs.measure.learning.record``.
``npfs.load``
    ``before`` and ``after`` the run: ``npfs.measure.load.snapshot``.

``extra_info`` of a case: ``backend``, ``n_samples``, ``n_features``, ``dtype``, ``timed_s`` (seconds inside
rounds and their calibration), ``prepare_s`` (seconds of the one ``prepare``). Read passes have ``ceiling`` ("one" core or "all") in place of ``backend``, and
``passes``, how many one call takes. Of what comes once, in place of ``backend``:

``first_call``
    The backend whose fresh process was timed, with ``cache`` ("warm" or "cold"), the size and ``epochs`` that it fitted, and
    its parts ``interpreter_s``, ``import_s``, ``first_fit_s``, ``second_fit_s``.
``memory``
    The backend, with ``sizes``: for each size ``held_bytes``, ``peak_bytes`` (null is not known) and ``reason``.
    The time is that of looking.
``conversion``
    "to_array" (lists into arrays) or "to_lists", with the size.
"""

KEY = "npfs"
SCHEMA = 1
