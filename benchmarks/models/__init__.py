"""Plain NumPy models whose derivatives, gradients or more, are a usual comparison: `cases` describes them."""
