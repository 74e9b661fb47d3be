"""What every plot shares: its style, axes, labels, shapes, charts and numbers as text."""
