"""The page of `explain` in a browser, by the keyboard alone: the picture and the words move together."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

import scalargrad as sg
from scalargrad import Value

pytestmark = pytest.mark.once
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NO_BROWSER = (  # what playwright's errors say then
    "Executable doesn't exist", "missing dependencies", "error while loading shared libraries",
)  # fmt: skip


def launched(chromium: Any) -> Any:
    """Chromium from the PATH, or the one that playwright has downloaded; without either the test is skipped."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    try:
        return chromium.launch(executable_path=path, args=["--no-sandbox"])
    except Exception as error:
        why = next((each for each in NO_BROWSER if each in str(error)), None)
        if why is None:
            raise
        pytest.skip(f"no browser: {why}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        found = launched(started.chromium)
        yield found
        found.close()


def test_only_an_absent_browser_is_a_reason_to_skip() -> None:
    for why in NO_BROWSER:
        with pytest.raises(pytest.skip.Exception, match="no browser"):
            launched(Mock(launch=Mock(side_effect=OSError(f"BrowserType.launch: {why} at /x"))))
    with pytest.raises(OSError, match="Timeout"):
        launched(Mock(launch=Mock(side_effect=OSError("Timeout"))))


def test_the_browser_that_playwright_has_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one on the PATH, no path is given: the headless shell is not where `executable_path` says."""
    monkeypatch.setenv("PATH", "")
    chromium = Mock()
    launched(chromium)
    chromium.launch.assert_called_once_with(executable_path=None, args=["--no-sandbox"])


class Opened:
    """A page in the browser, and what it says."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda message: self.problems.append(message.text))
        page.on("dialog", lambda dialog: self.problems.append("a dialog"))
        page.on("request", lambda request: self.problems.append(request.url) if "file:" not in request.url else None)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()  # type: ignore[no-any-return]

    def box(self, k: int) -> list[str]:
        """The lines of a box that are shown."""
        return [text for text in self.page.locator(f"#sg-{k} text").all_text_contents() if text]

    def marked(self, name: str = "now") -> set[str]:
        """The boxes and edges that are marked."""
        return {*self.page.eval_on_selector_all(f".sg .{name}", "all => all.map(each => each.id)")}

    @property
    def focused(self) -> str:
        return self.page.evaluate("document.activeElement.id || document.activeElement.innerText")  # type: ignore[no-any-return]


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """A function that opens the page of an explanation; its page must have made no error, and asked for nothing."""
    pages: list[Opened] = []

    def open_(explanation: Any, hash_: str = "", **options: Any) -> Opened:
        explanation.save(tmp_path / "y.html")
        context = browser.new_context(**{"viewport": {"width": 1000, "height": 900}, **options})
        pages.append(Opened(context.new_page()))
        pages[-1].page.goto((tmp_path / "y.html").as_uri() + hash_)
        return pages[-1]

    yield open_
    for each in pages:
        assert each.problems == []
        each.page.context.close()


def squared() -> tuple[Value, Value]:
    x = Value(3.0)
    x.label = "x"
    y = x * x
    y.label = "y"
    return x, y


def test_forwards_then_backwards_by_the_keyboard(opened: Any) -> None:
    shown = opened(sg.explain(squared()[1]))
    assert shown.text("#count") == "Step 1 of 5, forward" and shown.text("#lines") == "x = 3"
    assert shown.box(0) == ["x", "data 3"] and shown.box(1) == ["*", "y", "data"]
    assert shown.marked() == {"sg-0"} and "sg-1" in shown.marked("later")
    shown.press("ArrowRight")
    assert shown.text("#lines") == "y = x * x = 3 * 3 = 9" and shown.box(1) == ["*", "y", "data 9"]
    assert shown.marked() >= {"sg-1", "sg-1-0", "sg-1-1"} and not shown.marked("later")
    shown.press("ArrowRight")
    assert shown.text("#lines") == "dy/dy = 1" and shown.box(1) == ["*", "y", "data 9", "grad 1"]
    assert shown.box(0) == ["x", "data 3", "grad 0"]
    shown.press("ArrowRight")
    assert shown.box(0) == ["x", "data 3", "grad 3"] and shown.marked("from") == {"sg-1"}
    assert shown.marked() >= {"sg-0", "sg-1-0"} and "sg-1-1" not in shown.marked()
    assert shown.page.locator("#sg-1-0-slope").is_visible() and not shown.page.locator("#sg-1-1-slope").is_visible()
    assert shown.text("#say") == "x receives contribution 1 of 2; more will come."
    shown.press("ArrowRight")
    assert shown.box(0) == ["x", "data 3", "grad 6"] and "3 + 3 = 6" in shown.text("#lines")
    assert shown.text("#exact") == "exactly: contribution 3.0, grad 6.0"
    assert "grad 6.0" in shown.page.locator("#sg-0 title").text_content()
    shown.press("ArrowRight")  # nothing comes after the last
    assert shown.text("#count") == "Step 5 of 5, backward" and shown.page.url.endswith("#5")
    shown.press("Home")
    assert shown.text("#count") == "Step 1 of 5, forward" and shown.box(0) == ["x", "data 3"]
    shown.press("End", "ArrowLeft")
    assert shown.text("#count") == "Step 4 of 5, backward"
    assert opened(sg.explain(squared()[1]), "#4").text("#count") == "Step 4 of 5, backward"


def test_buttons_and_the_list_by_the_keyboard(opened: Any) -> None:
    shown = opened(sg.explain(squared()[1]))
    visited = []
    for _ in range(7):
        shown.press("Tab")
        visited.append(shown.focused)
    assert visited == ["first", "previous", "next", "last", "play", "fit", "x = 3"]
    assert shown.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    shown.press("Tab")
    assert shown.page.locator("#steps :focus").count() == 0  # one stop for the list
    shown.press("Shift+Tab")
    shown.press("ArrowDown", "ArrowDown")
    assert shown.focused == "y receives 1" and shown.text("#count").startswith("Step 3 of 5")
    shown.press("ArrowUp")
    assert shown.focused == "y = x * x = 3 * 3 = 9" and shown.text("[aria-current]") == shown.focused
    shown.page.focus("#next")
    shown.press("Space", "Enter")
    assert shown.text("#count").startswith("Step 4 of 5")
    shown.page.focus("#first")
    shown.press("Enter")
    assert shown.page.get_attribute("#first", "aria-disabled") == "true" and shown.focused == "first"
    assert shown.page.get_attribute("#live", "aria-live") == "polite"
    shown.page.locator("#steps button").nth(4).click()
    assert shown.text("#count").startswith("Step 5 of 5")


def test_space_plays_and_pauses(opened: Any) -> None:
    shown = opened(sg.explain(squared()[1]))
    shown.page.clock.install()
    shown.page.reload()
    shown.press("Space")
    assert shown.text("#play") == "Pause"
    shown.page.clock.run_for(3100)
    assert shown.text("#count").startswith("Step 3")
    shown.press("Space")
    shown.page.clock.run_for(5000)
    assert shown.text("#count").startswith("Step 3") and shown.text("#play") == "Play"
    shown.press("Space")
    shown.page.clock.run_for(5000)
    assert shown.text("#count").startswith("Step 5") and shown.text("#play") == "Play"


def test_paths(opened: Any) -> None:
    x, y = squared()
    shown = opened(sg.explain(y + x, x))
    shown.press("Space")
    assert shown.text("#play") == "Pause"
    shown.page.locator("[data-path]").nth(1).focus()
    shown.press("Enter")
    assert shown.text("#lines") == "x (operand 2) → y → v1: 3 * 1 = 3" and shown.text("#count") == "Path 2 of 3"
    assert shown.text("#play") == "Play"
    first = shown.marked()
    assert shown.page.get_attribute("[data-path='1']", "aria-pressed") == "true"
    shown.page.locator("[data-path]").nth(0).focus()
    shown.press("Enter")
    assert shown.marked() != first  # the other edge of x * x
    assert {"sg-0", "sg-1", "sg-2"} <= shown.marked() & first and "Step" not in shown.text("#count")
    assert "dv1/dx = 3 + 3 + 1 = 7" in shown.text("#paths")
    shown.press("ArrowLeft")
    assert shown.page.locator("[aria-pressed='true'][data-path]").count() == 0


def network() -> tuple[Value, Value]:
    net = sg.nn.MLP(2, [3, 1])
    x = Value(0.1234567)
    x.label = "a_label_that_is_longer_than_a_screen_" * 3
    return x, (net([x, 0.5]) - 1.0) ** 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1200])
def test_nothing_is_wider_than_the_screen(opened: Any, width: int, scheme: str) -> None:
    x, y = network()
    shown = opened(sg.explain(y, x), viewport={"width": width, "height": 800}, color_scheme=scheme,
                   reduced_motion="reduce")  # fmt: skip
    for key in ("ArrowRight", "End", "ArrowLeft"):
        shown.press(key)
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
        view, box = (
            shown.page.locator("#picture").bounding_box(),
            shown.page.locator(".sg g.now[id]").first.bounding_box(),
        )
        assert view["x"] - 1 <= box["x"] or box["width"] > view["width"]  # the current box has been scrolled to
    light = {"rgb(255, 255, 255)"}
    grounds = {shown.page.evaluate(f"getComputedStyle(document.querySelector('{s}')).{p}")
               for s, p in (("body", "backgroundColor"), (".sg .ground", "fill"))}  # fmt: skip
    assert grounds == light if scheme == "light" else grounds == {"rgb(13, 17, 23)"}


def test_a_label_does_no_harm(opened: Any) -> None:
    x, y = squared()
    x.label = "</script><img src=x onerror=alert(1)>"
    shown = opened(sg.explain(y, x))
    shown.press("End", "Home")
    assert shown.text("#lines") == f"{x.label} = 3" and shown.page.locator("img").count() == 0
    shown.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x: onerror=alert(1)>')")
    shown.page.wait_for_timeout(100)
    assert any("Content Security Policy" in problem for problem in shown.problems)  # even then, nothing runs
    assert "a dialog" not in shown.problems
    shown.problems.clear()


def test_in_a_notebook_s_frame(opened: Any, browser: Any) -> None:
    page = browser.new_page()
    page.set_content(sg.explain(squared()[1], format="html")._repr_html_())
    frame = page.frame_locator("iframe")
    frame.locator("#next").click()
    page.keyboard.press("ArrowRight")
    assert frame.locator("#lines").inner_text() == "dy/dy = 1"
    page.close()


def test_printed_and_without_javascript(opened: Any) -> None:
    shown = opened(sg.explain(squared()[1]))
    shown.page.emulate_media(media="print")
    assert not shown.page.locator("#controls").is_visible() and shown.page.locator("#steps li").last.is_visible()
    bare = opened(sg.explain(squared()[1]), java_script_enabled=False)
    assert bare.page.locator("#steps li").count() == 5 and "Without JavaScript" in bare.text("body")
