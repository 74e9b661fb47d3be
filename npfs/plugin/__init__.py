"""A person's own benchmarks: the plugin of pytest, functions without pytest, and two commits."""
