"""The top of a report in a browser, for docs/check.md: `make pictures`, about a minute.

Needs Chromium, as the tests of reports do: `make browser`.
"""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import jensen

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "examples" / "penguins.csv"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDTH, HEIGHT = 1000, 1180


def photograph(report: Path, picture: Path) -> None:
    """The first screen of a report, with three of the figures in place of all."""
    browser_file = next((path for name in NAMES if (path := shutil.which(name))), None)
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_file, args=arguments)
        context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", offline=True
        )
        page = context.new_page()
        page.goto(report.as_uri())
        page.add_style_tag(content=".figure:nth-child(n+4) { display: none }")
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "report.html"
        jensen.more(DATA, 344, seed=0, report=made)
        photograph(made, HERE / "report.png")
