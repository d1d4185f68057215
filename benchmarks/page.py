"""How quick the web page is, in a real browser: headless Chromium against our own server, with the model that waits.

    python -m benchmarks.page [--pages 20] [--requests 8] [--seconds 3] [--visits 5] [--json]

Browser and server run on one machine and take each other's time, so the figures are what both together need. Every
page is a visitor of its own: a browser context with its own cache, storage and connections. Clocks are the pages'
own, and what is shown is dated by the frame that shows it.

interactive  From the start of the navigation until a letter that was typed stands in the text box: with an empty cache
             (the first visit of all is the server's first, too), and reloaded.
sending      From the Enter key to the first sign (the request in the chat) and to the first node of the plan; in one
             page, one request after the other, each in a new conversation.
crowd        So many pages open, and requests in some of them at once, each of three tasks: one that only waits, and
             then two at the same time that wait as long. The longest of all pages while they ran:
             round_trip   GET /health, asked again by every page 250 ms after each answer;
             page_stall   how much too late a timer of 50 ms came, in any page: its thread was busy;
             redraw_gap   between two drawings of the plan, in the pages with requests, while a task of it runs
                          (the page draws running clocks every 0.5 s; redraws: how often, in the page with the fewest);
             first_sign   from the Enter key to the request in the chat, and first_node to its plan;
             reaction     in an idle page, from a click on "New conversation" to an empty chat and from a click on the
                          old conversation to its words, in turn, as long as the requests run;
             failed       requests that did not end with all their tasks done, each step in a minute; where nothing
                          came at all, that minute is given.
"""

import argparse
import asyncio
import json
import statistics
import sys
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Error, Page, async_playwright

from benchmarks.support.chromium import LAUNCH, MISSING, PATH
from benchmarks.support.servers import server

PROBE = Path(__file__).with_name("page_probe.js").read_text(encoding="utf-8")
BOX = "#box textarea"
PATIENCE = 60.0  # seconds for anything at all
OLD = "earlier words"  # of the conversation that an idle page has had
LONGEST = ("round_trip", "redraw_gap", "page_stall")


@asynccontextmanager
async def visitor(browser: Browser, url: str) -> AsyncIterator[Page]:
    """Somebody new, whose page is loading."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE * 1000)
    await context.add_init_script(PROBE)
    page = await context.new_page()
    try:
        await page.goto(f"{url}/app", wait_until="commit")
        yield page
    finally:
        await context.close()


async def bounded(work: Awaitable[float], sight: str) -> float:
    """Seconds of a page's milliseconds. Raises TimeoutError if they do not come in time."""
    try:
        return await asyncio.wait_for(work, PATIENCE) / 1000
    except TimeoutError:
        raise TimeoutError(f"In {PATIENCE:.0f} s the page has not shown what the probe calls {sight!r}.") from None


async def when(page: Page, sight: str, text: str = "") -> float:
    """Seconds of the page's life at which it shows this (see page_probe.js)."""
    return await bounded(page.evaluate("([sight, text]) => probe.when(sight, text)", [sight, text]), sight)


async def typed(page: Page, letter: str) -> float:
    """Seconds of the page's life until its box has taken a letter."""
    await when(page, "box")
    await page.type(BOX, letter)
    return await when(page, "typed", letter)


async def after(page: Page, event: str, expected: Sequence[str], text: str, act: Awaitable[Any]) -> list[float]:
    """Seconds from the user's event, which ``act`` causes, to each expected sight."""
    await page.evaluate("probe.arm", {"event": event, "expected": expected, "text": text})
    await act
    return [await bounded(page.evaluate("sight => probe.armed[sight]", sight), sight) for sight in expected]


async def write(page: Page, name: str, seconds: float) -> None:
    """Write a request for three tasks into the box."""
    text = f'Summarize "{seconds} s, {name}", tell me the language of the summary and whether its tone is positive.'
    await page.fill(BOX, text)


async def submit(page: Page, name: str) -> list[float]:
    """Send what was written; seconds to the first sign and to the first node."""
    return await after(page, "keydown", ["said", "drawn"], name, page.press(BOX, "Enter"))


async def done(page: Page) -> None:
    """Wait until the three tasks are, and the page is ready for more."""
    await page.locator("#plan .node.done").nth(2).wait_for()
    await when(page, "box")


async def interactive(browser: Browser, url: str, visits: int) -> dict[str, float]:
    """Seconds until visitors can type, each with an empty cache first."""
    kinds: dict[str, list[float]] = {"cold": [], "warm": []}
    for _ in range(visits):
        async with visitor(browser, url) as page:
            kinds["cold"].append(await typed(page, "a"))
            await page.reload(wait_until="commit")
            kinds["warm"].append(await typed(page, "b"))
    return {f"{kind}_{name}": value for kind, times in kinds.items() for name, value in spread(times).items()}


async def sending(browser: Browser, url: str, visits: int) -> dict[str, dict[str, float]]:
    """Seconds to what shows that a request is worked on."""
    times = []
    async with visitor(browser, url) as page:
        await when(page, "box")
        for number in range(visits):
            await write(page, f"request {number}", 0.1)
            times.append(await submit(page, f"request {number}"))
            await done(page)
            await start_anew(page, f"request {number}")
    signs, nodes = zip(*times, strict=True)
    return {"first_sign_s": spread(signs), "first_node_s": spread(nodes)}


async def start_anew(page: Page, old: str) -> float:
    """Seconds from the click on the button to an empty chat."""
    return (await after(page, "click", ["gone"], old, page.click("#new")))[0]


async def reopen(page: Page, old: str) -> float:
    """Seconds from the click on the only conversation to its words."""
    return (await after(page, "click", ["said"], old, page.locator("#history label").first.click()))[0]


async def crowd(browser: Browser, url: str, pages: int, requests: int, seconds: float) -> dict[str, float]:
    """The longest of everything while requests run in some of many pages."""
    async with AsyncExitStack() as stack:
        tabs = [await stack.enter_async_context(visitor(browser, url)) for _ in range(pages)]
        await asyncio.gather(*(when(tab, "box") for tab in tabs))
        busy, idle = tabs[:requests], tabs[requests]
        await write(idle, OLD, 0.01)
        await one_request(idle, OLD)
        for number, tab in enumerate(busy):
            await write(tab, f"visitor {number}", seconds)
        await asyncio.gather(*(tab.evaluate("probe.watch()") for tab in tabs))
        running = [asyncio.create_task(one_request(tab, f"visitor {n}")) for n, tab in enumerate(busy)]
        reacting = react_while(idle, running)
        reactions, *ended = await asyncio.gather(reacting, *running, return_exceptions=True)
        worst = [await tab.evaluate("probe.worst") for tab in tabs]
    times = [waited for waited in ended if not isinstance(waited, BaseException)]
    return {
        **{f"longest_{name}_s": max(page[name] for page in worst) / 1000 for name in LONGEST},
        "redraws": min(page["redraws"] for page in worst[:requests]),
        "first_sign_s": max((sign for sign, _ in times), default=PATIENCE),
        "first_node_s": max((node for _, node in times), default=PATIENCE),
        "reaction_s": PATIENCE if isinstance(reactions, BaseException) else max(reactions),
        "failed": requests - len(times),
    }


async def one_request(page: Page, name: str) -> list[float]:
    """What was written, sent and followed to its end; seconds as of ``submit``. Says why it failed, if it did."""
    try:
        times = await submit(page, name)
        await done(page)
    except (TimeoutError, Error) as error:
        print(f"The request of {name} failed: {error}", file=sys.stderr)
        raise
    return times


async def react_while(page: Page, running: Sequence["asyncio.Task[Any]"]) -> list[float]:
    """Go to and fro between a new conversation and the old one until the requests are done; seconds of each."""
    times: list[float] = []
    while not times or not all(task.done() for task in running):
        times += [await start_anew(page, OLD), await reopen(page, OLD)]
    return times


def spread(times: Sequence[float]) -> dict[str, float]:
    """What half of them and all of them kept within."""
    return {"p50": statistics.median(times), "worst": max(times)}


async def measure(pages: int, requests: int, seconds: float, visits: int) -> dict[str, dict[str, float]]:
    """Everything, as one JSON object."""
    with server(page=True) as (url, _):
        async with async_playwright() as playwright, await playwright.chromium.launch(**LAUNCH) as browser:
            return {
                "interactive_s": await interactive(browser, url, visits),
                **await sending(browser, url, visits),
                "crowd": await crowd(browser, url, pages, requests, seconds),
            }


def main() -> None:
    """Print a table, or with --json one object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=20, help="open at once")
    parser.add_argument("--requests", type=int, default=8, help="running at once, in as many of the pages")
    parser.add_argument("--seconds", type=float, default=3, help="that each task of such a request waits")
    parser.add_argument("--visits", type=int, default=5, help="and requests one after the other, for the first figures")
    parser.add_argument("--json", action="store_true")
    arguments = vars(parser.parse_args())
    as_json = arguments.pop("json")
    if not PATH:
        sys.exit(f"The benchmark of the page {MISSING}")
    if not 0 < arguments["requests"] < arguments["pages"]:
        parser.error("at least one page must be left without a request.")
    try:
        measured = asyncio.run(measure(**arguments))
    except (TimeoutError, Error) as error:
        sys.exit(str(error))
    if as_json:
        print(json.dumps(measured))
        return
    for name, values in measured.items():
        print(f"{name:14}", "  ".join(f"{key} {value:.3g}" for key, value in values.items()))


if __name__ == "__main__":
    main()
