"""The mathematics of the regression: problem, loss, gradient descent."""
