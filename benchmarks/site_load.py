"""Seconds until a site of many actions can be used, page by page, how it scrolls, and how large it is.

The results are made up (``tests/browser/making.py``): so many actions over so many videos, every page that there is.
Pages are opened from the disk in Chromium, each in a new tab with an empty cache. *rows* is from the navigation to
the first rows or curves that are drawn; *blocked* is what scripts kept the page from answering until a second after;
frames are those of scrolling the longest list by 60,000 px in steps of 240. ``python -m benchmarks.site_load --actions
10000 --videos 300`` needs requirements-browser.txt and Chromium.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from tests.browser.making import MadeUp, Size
from tests.browser.watching import launched, missing, pages_of, wait_until
from vpdlib.site.build import build_site
from vpdlib.site.libraries import fetch_libraries

#: What is looked for: rows of a table or a list, or what a chart is drawn on.
_FIRST = "main .tabulator-row, main tbody tr, main canvas, main [role=row], main li"
_WATCH = f"""
window.measured = {{ rows: null, blocked: 0 }};
new PerformanceObserver((list) => {{
  for (const task of list.getEntries()) window.measured.blocked += Math.max(task.duration - 50, 0);
}}).observe({{ type: "longtask", buffered: true }});
const look = () => requestAnimationFrame(() => {{
  const one = document.querySelector({_FIRST!r});
  if (one && one.getBoundingClientRect().height > 0) requestAnimationFrame(() => {{
    window.measured.rows = performance.now();
  }});
  else look();
}});
look();
"""
_SCROLL = """async ([steps, px]) => {
  const lists = [document.scrollingElement, ...document.querySelectorAll("main *")]
    .filter((one) => one.clientHeight > 100 && one.scrollHeight > one.clientHeight + 100)
    .filter((one) => one === document.scrollingElement || /auto|scroll/.test(getComputedStyle(one).overflowY));
  const list = lists.sort((one, other) => other.scrollHeight - one.scrollHeight)[0];
  if (!list) return null;
  list.scrollTop = 0;
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const times = [];
  let before = await frame();
  for (let step = 0; step < steps && list.scrollTop + list.clientHeight < list.scrollHeight - 1; step += 1) {
    list.scrollTop += px;
    const now = await frame();
    times.push(now - before);
    before = now;
  }
  return { times, height: list.scrollHeight };
}"""


def page_row(browser: Any, url: str, name: str, repeat: int) -> dict[str, Any]:
    """Measure one page: the median of several loads, and one scroll."""
    rows, blocked = [], []
    for number in range(repeat):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.add_init_script(_WATCH)
        page = context.new_page()
        page.goto(url, wait_until="commit")
        wait_until(page, "Boolean(window.measured && window.measured.rows !== null)", 120)
        page.wait_for_timeout(1000)
        measured = page.evaluate("window.measured")
        rows.append(measured["rows"] / 1000)
        blocked.append(measured["blocked"] / 1000)
        if number == repeat - 1:
            scrolled = page.evaluate(_SCROLL, [250, 240])
            heap_mb = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
        context.close()
    frames = np.array(scrolled["times"] if scrolled and scrolled["times"] else [np.nan])
    return {
        "page": name,
        "rows, s": np.median(rows),
        "slowest, s": max(rows),
        "blocked, s": np.median(blocked),
        "heap, MB": heap_mb,
        "list, px": scrolled["height"] if scrolled else 0,
        "frames": len(frames),
        "median, ms": np.median(frames),
        "95 %, ms": np.percentile(frames, 95),
        "worst, ms": frames.max(),
    }


def sizes(site: Path) -> pd.DataFrame:
    """Files and megabytes of each part of a site."""
    parts: dict[str, list[int]] = {}
    for path in site.rglob("*"):
        if path.is_file():
            part = path.relative_to(site).parts[0]
            parts.setdefault(part, []).append(path.stat().st_size)
    return pd.DataFrame(
        [
            {"part": part, "files": len(of_part), "MB": sum(of_part) / 1e6, "largest, KB": max(of_part) / 1e3}
            for part, of_part in sorted(parts.items())
        ]
    )  # fmt: skip


def built(folder: Path, options: argparse.Namespace) -> Path:
    """Make results up and build their site, with the seconds of both printed."""
    per_video = -(-options.actions // (options.videos - 1))
    size = Size(options.videos, per_video, num_shards=8)
    began = time.perf_counter()
    sources = MadeUp(folder, size).make()
    made = time.perf_counter()
    libraries = folder / "libraries"
    fetch_libraries(libraries, options.downloads_dir)
    out = sources.results / "report"
    out.mkdir()
    building = time.perf_counter()
    build_site(sources, out, libraries, num_threads=2)
    print(
        f"{per_video * (options.videos - 1)} actions of {options.videos} videos: results made up in "
        f"{made - began:.0f} s, site built in {time.perf_counter() - building:.0f} s",
        end="\n\n",
    )
    return out


def main() -> None:
    """Print sizes, and times by page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=10_000)
    parser.add_argument("--videos", type=int, default=300)
    parser.add_argument("--repeat", type=int, default=3, help="loads of each page")
    parser.add_argument("--site", type=Path, help="a site that is built already")
    parser.add_argument("--downloads-dir", type=Path, help="a download cache of npm packages")
    options = parser.parse_args()
    lacking = missing()
    if lacking:
        print(f"not measured: {lacking}")
        return
    with TemporaryDirectory() as folder:
        site = options.site or built(Path(folder), options)
        print(sizes(site).round(2).to_string(index=False), end="\n\n")
        with launched() as browser:
            rows = [
                page_row(browser, (site / page).absolute().as_uri(), page, options.repeat)
                for page in pages_of(site)
            ]
    print(pd.DataFrame(rows).round(2).to_string(index=False))


if __name__ == "__main__":
    main()
