"""What goes wrong on a cluster, as sentences."""


class ClusterError(ValueError):
    """The cluster cannot do what is asked of it: one sentence that says why and what to do."""
