"""Tests of the page of a trace in a browser."""
