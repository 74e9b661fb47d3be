"""What the words of the report mean, for who has not read the README."""

from npfs.analysis.evidence import Evidence

# Backends of this package; a plug-in explains itself by its title.
BACKENDS = {
    "python": "a loop over Python's own lists and numbers",
    "numpy": "whole arrays at once, as the formula reads",
    "numpy-inplace": "the same without temporary arrays, in blocks that fit the cache",
    "numpy-gram": "a shortcut: all sums of products once (the Gram matrix), then epochs on these sums alone",
    "numba": "the loop again, compiled by Numba",
    "numba-simd": "the compiled loop with vector instructions: several numbers at once",
    "numba-parallel": "the same on all cores, where there is enough to do for them",
    "c": "the loop in C, by the compiler of this machine",
    "jax": "JAX, compiled as a whole",
    "torch": "PyTorch's tensors",
}


def words(evidence: Evidence) -> list[tuple[str, str]]:
    """Return each word with its meaning: those of the benchmark, then the backends that were measured."""
    epochs = evidence.newest.epochs
    measured = [*evidence.backends, *evidence.shortcuts]
    return [
        ("Fit", f"one training of a linear regression by gradient descent: {epochs} epochs"),
        ("Epoch", "one pass over all samples: predict, take the loss, step against its gradients"),
        ("Samples, features", "the rows and the columns of the data"),
        ("Backend", "one way to write the fit; all do the same work, but for a shortcut"),
        ("Run", "one fresh process that times everything once; an interval is taken over runs"),
        ("95 % interval", "in parentheses: where the mean of many such runs is expected"),
        ("Within noise", "a difference that chance explains, among all that are compared"),
        ("First result", "start of a process, import, compiling or loading, and the first fit"),
        ("Ceiling", "the time of only reading the data once, below which no epoch can be"),
        *((evidence.title(name), BACKENDS[name]) for name in measured if name in BACKENDS),
    ]
