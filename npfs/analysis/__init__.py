"""From run files to findings: pure, on NumPy alone, and where no backend is installed."""
