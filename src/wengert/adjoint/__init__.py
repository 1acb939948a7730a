"""Transforms of programs: the reverse and the forward derivative."""
