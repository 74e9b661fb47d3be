"""The benchmark of the regression: presets, options, own data, probes and the doctor."""
