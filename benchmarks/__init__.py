"""Measurements beside peers; nothing here is a test."""
