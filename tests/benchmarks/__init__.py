"""Every benchmark once, tiny, so that none rots."""
