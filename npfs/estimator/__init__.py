"""The regression as an estimator, as scikit-learn knows one."""
