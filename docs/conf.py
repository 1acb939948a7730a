"""Sphinx: MyST pages, furo, the reference from docstrings, the coverage table from the rule table."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "wengert"
copyright = "the wengert authors"
release = version = metadata.version("wengert")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "coverage_table"]
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"wengert {version}"

default_role = "code"  # `x` is code in docstrings, as it is in Markdown
autodoc_typehints = "none"  # the docstrings say what arguments are
autodoc_member_order = "bysource"
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
