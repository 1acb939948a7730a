"""Plain NumPy programs, from their published definitions, that know nothing of derivatives: `cases` describes them."""
