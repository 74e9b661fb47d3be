"""What every plot shares: its style, axes, labels, loss curves and numbers as text."""
