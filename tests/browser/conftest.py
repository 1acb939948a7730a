"""A headless Chromium for these tests, which are skipped where there is none, or no playwright to drive it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wengert.inspect import Trace

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The browser that `WENGERT_BROWSER` names, or a Chromium on the path."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install -e '.[browser]'"
    )
    given = os.environ.get("WENGERT_BROWSER")
    found = given or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium found: install one, or name it in WENGERT_BROWSER")
    with playwright.sync_playwright() as running:
        launched = running.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield launched
        launched.close()


class Reader:
    """Opens traces in a browser, and notes what goes wrong there and what asks for the network."""

    def __init__(self, browser: Any, folder: Path) -> None:
        self.browser = browser
        self.folder = folder
        self.problems: list[str] = []
        self.pages: list[Any] = []

    def open(self, traced: Trace, width: int = 1280, height: int = 860, scheme: str = "light") -> Any:
        """The page of a trace in a window of this size."""
        path = self.folder / f"tape{len(self.pages)}.html"
        traced.show(path)
        page = self.browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        page.set_default_timeout(20_000)
        page.on("console", lambda message: self.problems.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("request", lambda request: self.note_request(request.url))
        page.goto(path.as_uri())
        self.pages.append(page)
        return page

    def note_request(self, url: str) -> None:
        """Only the file itself may be asked for."""
        if not url.startswith(self.folder.as_uri()):
            self.problems.append(f"request: {url}")


@pytest.fixture
def reader(browser: Any, tmp_path: Path) -> Iterator[Reader]:
    """A reader whose pages must report nothing."""
    reading = Reader(browser, tmp_path)
    yield reading
    for page in reading.pages:
        page.close()
    assert reading.problems == []
