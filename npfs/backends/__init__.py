"""One file for each tool, all of them the same regression under the contract of ``base``."""
