"""The regression on data that are not one array: pieces of a large file, or blocks in the workers of a cluster."""
