"""Pictures of a run's pages for the documentation, at 1280 and 390 pixels, light and dark.

    python benchmarks/pictures.py OUT/NAME docs [--step 10]

Opens the run as `temper view` does, in the Chromium that is installed (`playwright` drives it), and writes
`view-run.png`, `view-step.png`, `view-group.png` and `view-phone.png` (the group, dark, on a phone).
"""

import argparse
import shutil
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

from temper.view.answers import Answers
from temper.view.runs import Runs
from temper.view.server import Server

PICTURES = (
    ("view-run", "", 1280, "light"),
    ("view-step", "/step/{step}", 1280, "light"),
    ("view-group", "/group/{step}/{group}", 1280, "dark"),
    ("view-phone", "/group/{step}/{group}", 390, "dark"),
)
HEIGHT = 820


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--step", default="1")
    parser.add_argument("--group", default="0")
    options = parser.parse_args()
    with Server(Answers(Runs(options.run))) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, view, width, colours in PICTURES:
            page = browser.new_page(viewport={"width": width, "height": HEIGHT}, color_scheme=colours)
            page.goto(f"{server.address}#/run/{options.run.name}{view.format(step=options.step, group=options.group)}")
            page.wait_for_selector("main:not([aria-busy]) h1")
            page.screenshot(path=options.out / f"{name}.png")
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
