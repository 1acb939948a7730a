"""Compiled code at run time: calling it, the exceptions it ends with, and the cache of object code."""
