"""How a number is made: what is timed, in which order, in which process, and how it is kept."""
