"""How a number is made, for any benchmark."""
