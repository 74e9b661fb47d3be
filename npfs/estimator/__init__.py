"""The regression as an estimator that follows scikit-learn."""
