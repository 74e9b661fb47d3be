"""Turn run files into findings, with NumPy alone: no backend needs to be installed."""
