"""The page in a real browser, without a network: nothing is missing, nothing sticks out."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_evidence import full, plain, wide

from jensen.report import to_html

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDTHS, SCHEMES = (375, 1280), ("light", "dark")
PAGES = {"full": full, "plain": plain, "wide": wide}

STICKS_OUT = """() => [...document.querySelectorAll('body *')].filter(e => {
    if (e.closest('defs, title, .unseen, .shapes') || !e.getClientRects().length) return false;
    const box = e.getBoundingClientRect();
    return box.width && (box.right > innerWidth + 1 || box.left < -1);
}).map(e => e.tagName + ' ' + e.textContent.slice(0, 40))"""
CUT_OFF = """() => [...document.querySelectorAll('.heat text')].filter(e => {
    const [word, map] = [e, e.closest('svg')].map(one => one.getBoundingClientRect());
    return word.top < map.top - 1 || word.left < map.left - 1 || word.right > map.right + 1;
}).map(e => e.textContent)"""
ASTRAY = """() => [...document.querySelectorAll('.panels')].filter(panels => {
    const middle = e => { const box = e.getBoundingClientRect(); return box.left + box.width / 2; };
    const words = [...panels.querySelectorAll('.caption')].map(middle);
    const cells = [...panels.querySelectorAll('.cells')].map(middle);
    return words.length !== 3 || words.some((x, i) => Math.abs(x - cells[i]) > 1);
}).map(panels => panels.textContent)"""
ORPHANS = """() => {
    const all = 'h2, h3, section > p, .legend';
    return [...document.querySelectorAll(all)].filter(e => e.getClientRects().length)
        .filter(e => !e.closest('.card, .unseen, footer') && e.nextElementSibling)
        .filter(e => getComputedStyle(e).breakAfter !== 'avoid').map(e => e.textContent);
}"""
CONTRASTS = """() => {
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const light = (...colours) => {
        for (const c of colours) { canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); }
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(v => {
            v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const under = e => getComputedStyle(e).backgroundColor;
    const grounds = e => e ? [...grounds(e.parentElement), under(e)] : [];
    const words = 'h1, h2, h3, h4, p, li, a, code, summary, b, span, text, td, th, caption';
    const worst = {};
    for (const e of document.querySelectorAll(words)) {
        if (!e.textContent.trim() || e.closest('.unseen, defs')) continue;
        const drawn = e instanceof SVGElement;
        const ground = light(...grounds(drawn ? e.closest('svg').parentElement : e));
        const ink = light(getComputedStyle(e)[drawn ? 'fill' : 'color']);
        const [a, b] = [ink, ground].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < 4.5) worst[e.tagName + '.' + e.getAttribute('class')] = ratio;
    }
    return worst;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for all tests. A machine without one fails: a page must be looked at."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.fail("the tests of pages need Playwright for Python; run `make setup`.")
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail(
            "the tests of pages need Chromium, and none was found; run `make setup` as root on a "
            "Debian system, or install it: apt-get install chromium"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    made = {name: folder / f"{name}.html" for name in PAGES}
    for name, path in made.items():
        path.write_text(to_html(PAGES[name]()), encoding="utf-8")
    return made


class Opened:
    """A page in a context of its own, and what it asked for and complained of."""

    def __init__(self, browser, file: Path, width: int, scheme: str):
        size = {"width": width, "height": 800}
        self.context = browser.new_context(
            viewport=size, color_scheme=scheme, offline=True, reduced_motion="reduce"
        )
        self.page = self.context.new_page()
        self.asked: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(file.as_uri())

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_) -> None:
        self.context.close()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_opens_without_a_network_and_fits_the_screen(browser, files, name, width):
    with Opened(browser, files[name], width, "light") as opened:
        assert opened.asked == [files[name].as_uri()]
        assert opened.said == []
        wide, seen = opened.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= seen == width
        assert opened.page.evaluate(STICKS_OUT) == []
        assert opened.page.evaluate(CUT_OFF) == []
        assert opened.page.evaluate(ASTRAY) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_word_can_be_read_in_light_and_dark(browser, files, scheme):
    with Opened(browser, files["full"], 1280, scheme) as opened:
        ground = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(20, 23, 26)") == (scheme == "dark")
        assert opened.page.evaluate(CONTRASTS) == {}


def test_pictures_have_names_for_those_who_cannot_see_them(browser, files):
    with Opened(browser, files["full"], 1280, "light") as opened:
        images = opened.page.get_by_role("img")
        assert images.count() > 30
        names = opened.page.evaluate(
            "[...document.querySelectorAll('[role=img]')].map(e => e.getAttribute('aria-label'))"
        )
        assert all(names)


def test_the_contents_lead_to_their_sections(browser, files):
    with Opened(browser, files["full"], 375, "light") as opened:
        links = opened.page.locator("nav a")
        for i in range(links.count()):
            links.nth(i).click()
            anchor = links.nth(i).get_attribute("href")
            assert opened.page.locator(anchor).locator("h2").is_visible()
        opened.page.locator("summary").first.click()
        assert opened.page.locator("details p").first.is_visible()


def test_it_prints(browser, files, tmp_path):
    with Opened(browser, files["full"], 1280, "dark") as opened:
        opened.page.emulate_media(media="print")
        ground = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(255, 255, 255)"
        assert not opened.page.locator("nav").is_visible()
        assert opened.page.locator(".printed").first.is_visible()  # how a figure was made
        assert opened.page.evaluate(ORPHANS) == []
        assert opened.page.evaluate(ASTRAY) == []
        printed = opened.page.pdf(path=tmp_path / "report.pdf", format="A4", print_background=True)
        assert printed.startswith(b"%PDF")
        assert len(printed) > 20_000
