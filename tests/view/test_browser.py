"""The pages in a real Chromium: every view opens without an error on the console or a request elsewhere, and each
control does what it says. `make test-browser`; with TEMPER_REQUIRE_BROWSER=1 a missing browser fails."""

import importlib.util
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from made_run import HOSTILE, make_run

from temper.verifiers.judging import Judgement
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Exchanges
from temper.verifiers.verdict import scored
from temper.view.answers import Answers
from temper.view.page import of_groups
from temper.view.rendered_rows import Run, Shown
from temper.view.runs import Runs
from temper.view.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-headless-shell", "google-chrome"))), None)
MISSING = "" if CHROMIUM and importlib.util.find_spec("playwright") else "needs chromium and playwright"
VIEWS = {
    "the runs": ("", "Runs"),
    "a run": ("run/made", "made"),
    "a step": ("run/made/step/3", "Step 3"),
    "a held-out step": ("run/made/step/validation-0", "Step validation-0"),
    "a group": ("run/made/group/3/0", "Step 3, group 0: add-0"),
    "a group that means harm": ("run/made/group/3/1", "Step 3, group 1: code-1"),
    "a dropped group": ("run/made/group/3/4", "Step 3, group 4"),
    "a problem": ("run/made/problem/add-0", "Problem add-0"),
    "a search": ("run/made/search?outcome=stale", "Search"),
    "two runs": ("compare/made/other", "made and other"),
    "examples": ("run/made/sft", "SFT examples"),
}


UNNAMED = """[...document.querySelectorAll('button, a, input, select')]
.filter(e => !(e.innerText || e.ariaLabel || e.labels?.length)).length"""


def judging(run: Path, problem: Problem, completion: str, turns: Exchanges) -> Judgement:
    return Judgement(scored(1.0, HOSTILE))


def rendering(run: Path) -> list[Shown]:
    return [Shown("rows.jsonl:1", "2 of 3 tokens trained", (Run(HOSTILE, 2, trained=True, control=False),))]


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    if MISSING:
        if os.environ.get("TEMPER_REQUIRE_BROWSER"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    out = tmp_path_factory.mktemp("out")
    make_run(out, steps=8, problems=5)
    make_run(out, "other", steps=5, problems=5)
    with Server(Answers(Runs(out), judging, rendering)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


Opened = Callable[..., "Page"]


@pytest.fixture
def opened(browser: "Browser", server: Server) -> Iterator[Opened]:
    """A view in a page of its own; what went wrong in it fails the test when it ends."""
    wrong: list[str] = []
    contexts = []

    def open_(view: str, width: int = 1280, dark: bool = False) -> "Page":
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: wrong.append(request.url) if foreign(request.url) else None)
        page.goto(view if "://" in view else f"{server.address}#/{view}")
        settled(page)
        return page

    def foreign(url: str) -> bool:
        return not url.startswith((server.address, "data:", "file:"))

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []


def settled(page: "Page") -> None:
    hash_ = page.evaluate("location.hash")
    page.wait_for_selector(f"main[data-view={hash_!r}]:not([aria-busy]) h1".replace("'", '"'), timeout=10_000)


def heading(page: "Page") -> str:
    settled(page)
    title: str = page.locator("h1").inner_text()
    return title


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens_in_both_colours_and_fits(opened: Opened, view: str, width: int) -> None:
    path, title = VIEWS[view]
    page = opened(path, width, dark=width == 390)
    assert heading(page).startswith(title)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing is cut at the right"
    assert page.evaluate(UNNAMED) == 0, "every control has a name"
    assert "taken" not in page.title() and page.locator("main script, main img, main style").count() == 0


def test_curves_have_axes_and_share_a_cursor(opened: Opened) -> None:
    page = opened("run/made")
    charts = page.locator("svg.curve")
    assert charts.count() > 12
    for number in range(charts.count()):
        assert charts.nth(number).locator("text.tick").count() >= 4
        assert "steps 1 to" in (charts.nth(number).get_attribute("aria-label") or "")
    charts.first.hover(position={"x": 200, "y": 60})
    assert page.evaluate("[...document.querySelectorAll('.cursor')].filter(c => +c.getAttribute('x1') > 0).length") > 12
    charts.first.click(position={"x": 200, "y": 60})
    assert heading(page).startswith("Step ")


def test_an_alarm_stands_on_its_curve_and_leads_to_the_worst_group(opened: Opened) -> None:
    page = opened("run/made")
    assert page.locator("svg[aria-label^=entropy] .alarm").count() == page.locator(".alarm").count() == 1
    alarm = page.get_by_role("alert").filter(has_text="entropy moved")
    assert alarm.inner_text().startswith("step 8: ")
    alarm.get_by_role("link").click()
    assert heading(page).startswith("Step 8, group 1")


def test_a_column_sorts_and_a_bar_filters(opened: Opened) -> None:
    page = opened("run/made/step/3")
    rows = page.locator("tbody tr")
    assert rows.count() == 5
    page.get_by_role("button", name="score", exact=True).click()
    scores = [float(text) for text in page.locator("tbody tr td:nth-child(5)").all_inner_texts()]
    assert scores == sorted(scores, reverse=True)
    page.get_by_role("button", name="score", exact=True).click()
    assert page.locator("th[aria-sort=ascending]").inner_text() == "score"
    bar = page.locator("svg.histogram").nth(2).locator(".column[tabindex='0']").first
    bar.click()
    assert "are inside the chosen bars" in page.get_by_role("status").inner_text()
    assert 1 <= rows.count() < 5
    bar.press("Enter")
    assert rows.count() == 5


def test_keys_go_through_groups_steps_and_wrong_ones(opened: Opened) -> None:
    page = opened("run/made/step/2")
    page.keyboard.press("]")
    assert heading(page) == "Step 3"
    page.keyboard.press("[")
    assert heading(page) == "Step 2"
    page.keyboard.press("j")
    assert heading(page).startswith("Step 2, group 0")
    page.keyboard.press("j")
    page.keyboard.press("w") if heading(page).startswith("Step 2, group 1") else None
    page.keyboard.press("k")
    assert heading(page).startswith("Step 2, group 0")
    page.keyboard.press("w")
    assert page.evaluate("document.activeElement.className").startswith("panel rollout wrong")
    page.keyboard.press("?")
    assert page.locator("dialog").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert heading(page) == "Search"


def test_a_group_explains_judges_again_and_colours_tokens(opened: Opened) -> None:
    page = opened("run/made/group/3/4")
    assert page.locator("p.said").inner_text() == "Not trained on. flat: no variance."
    page = opened("run/made/group/3/0")
    assert page.get_by_text("hidden test 3 of 4 fails").first.is_visible()
    card = page.locator("article").filter(has_text="truncated")
    assert "not in the loss" in card.inner_text() and "reward" in card.inner_text()
    assert page.get_by_text("the key '4x' cannot be read").is_visible()
    assert page.get_by_text("sandbox: the slot was lost twice").is_visible()
    card.get_by_text("reasoning,").click()
    assert "</think>" in card.locator("details pre").inner_text()
    card.get_by_role("button", name="judge again").click()
    card.get_by_text("verdict today").wait_for()
    assert "today: scored 1" in card.inner_text()
    card.get_by_role("button", name="tokens by logprob").click()
    card.locator(".tokens span").first.wait_for()
    assert "logprob -" in (card.locator(".tokens span").first.get_attribute("title") or "")
    card.get_by_role("button", name="tokens by IcePop ratio").click()
    card.get_by_text("ratio trainer / engine").wait_for()


def test_a_line_of_a_million_characters_is_cut_until_it_is_asked_for(opened: Opened) -> None:
    page = opened("run/made/group/3/1")
    card = page.locator("article").filter(has_text="all 1,000,000 characters")
    assert len(card.locator("pre.completion").inner_text()) == 50_000
    card.get_by_role("button", name="all 1,000,000 characters").click()
    page.wait_for_selector("article pre.completion")
    card.page.wait_for_timeout(300)
    assert max(len(text) for text in page.locator("pre.completion").all_text_contents()) == 1_000_000


def test_a_search_is_a_link_and_leads_to_the_rollout(opened: Opened) -> None:
    page = opened("run/made/search")
    page.get_by_label("outcome").select_option("abstained")
    page.get_by_label("text in completion or detail").fill("4x")
    page.get_by_role("button", name="search").click()
    page.get_by_text("8 rollouts found").wait_for()
    again = opened(page.evaluate("location.hash").removeprefix("#/"))
    assert again.get_by_label("outcome").input_value() == "abstained" and again.locator("tbody tr").count() == 8
    again.locator("tbody tr a").first.click()
    again.wait_for_selector("article.here")
    assert again.evaluate("document.activeElement.getAttribute('aria-label')") == "completion 0"
    again.go_back()
    assert heading(again) == "Search"


def test_two_runs_are_chosen_and_compared(opened: Opened) -> None:
    page = opened("")
    compare = page.get_by_role("button", name="compare the two chosen")
    assert compare.is_disabled()
    page.get_by_label("choose made to compare").check()
    page.get_by_label("choose other to compare").check()
    compare.click()
    assert heading(page) == "made and other"
    assert page.locator(".line.second").count() > 5


def test_what_cannot_be_read_is_said_on_the_page(opened: Opened, server: Server) -> None:
    path = server.answers.runs.path / "other/rollouts/step-000002.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:-400])
    try:
        page = opened("run/other")
        assert "step-000002.parquet: cannot be read" in page.get_by_role("alert").first.inner_text()
        assert page.locator("svg.curve").count() > 12
    finally:
        path.write_bytes(whole)


def test_a_file_opens_from_disk_by_itself(opened: Opened, server: Server, tmp_path: Path) -> None:
    out = tmp_path / "run.html"
    out.write_text(of_groups(server.answers, "made", [("3", 0), ("3", 1)]))
    page = opened(out.as_uri())
    assert heading(page).startswith("made") and page.locator("svg.curve").count() > 12
    page.get_by_label("step", exact=True).select_option("3")
    assert heading(page) == "Step 3" and page.locator("tbody tr").count() == 2
    page.keyboard.press("j")
    page.keyboard.press("j") if heading(page).endswith("add-0") else None
    assert heading(page) == "Step 3, group 1: code-1" and page.locator("article").count() == 4
    assert "taken" not in page.title() and page.locator("article button").count() == 0
