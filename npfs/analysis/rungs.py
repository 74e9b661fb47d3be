"""The names of the backends that the verdict speaks of."""

LISTS, NUMPY, NUMBA = "python", "numpy", "numba"
# Each next to its plain form.
LADDER = (("numpy-inplace", NUMPY), ("numba-simd", NUMBA), ("numba-parallel", "numba-simd"))
