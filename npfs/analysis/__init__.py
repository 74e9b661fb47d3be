"""From run files to findings: pure, on NumPy alone, and able to run where no backend is installed."""
