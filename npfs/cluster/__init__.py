"""The regression on a Dask cluster: blocks in the workers' memory, of which an epoch takes one small sum a worker."""
