"""A whole site: pages, data, figures, clips, and the libraries that they use."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import jinja2

from vpdlib import __version__
from vpdlib.atomic import write_text
from vpdlib.progress import note
from vpdlib.site.captions import CAPTIONS, write_captions
from vpdlib.site.pages import action, actions, confusion, curves, found, overview, tables, videos
from vpdlib.site.site import Page, Site, SiteSources

#: What makes each page, in the order of the menu: from the site to the page, or None where there is nothing to show.
PAGES: tuple[Callable[[Site], Page | None], ...] = (
    overview.build,
    tables.build,
    curves.build,
    confusion.build,
    videos.build,
    found.build,
    actions.build,
    action.build,
)

#: What a site consists of beside its first page.
PARTS = ("assets", "clips", "data", "figures", "pages")

_HERE = Path(__file__).parent


def build_site(sources: SiteSources, out: Path, libraries: Path, num_threads: int = 1) -> Site:
    """Build a site into an empty folder.

    Parameters
    ----------
    sources : what it is made of.
    out : the folder, which is there.
    libraries : the folder of :func:`vpdlib.site.libraries.fetch_libraries`.
    num_threads : for clips.

    Raises
    ------
    ValueError
        If what it is made of does not fit together; the message names the file and the remedy.
    """
    site = Site(sources, out, num_threads)
    for name in ("data", "figures", "clips", "pages"):
        (out / name).mkdir()
    shutil.copytree(_HERE / "static", out / "assets")
    for path in sorted(libraries.iterdir()):
        shutil.copy(path, out / "assets" / path.name)
    pages = [page for page in (build(site) for build in PAGES) if page is not None]
    for page in pages:
        _write(site, page, pages)
    write_captions(out / CAPTIONS, site.figures)
    note(f"{len(pages)} pages: {', '.join(page.name for page in pages)}")
    return site


def _write(site: Site, page: Page, pages: list[Page]) -> None:
    is_index = page.name == "index"
    script = _HERE / "static" / f"{page.name}.js"
    text = (
        _templates()
        .get_template(f"{page.name}.html.j2")
        .render(
            page=page,
            menu=[one for one in pages if one.in_menu],
            site=site,
            root="." if is_index else "..",
            script=script.name if script.is_file() else None,
            version=__version__,
            **page.context,
        )
    )
    write_text(site.out / ("index.html" if is_index else f"pages/{page.name}.html"), text)


def _templates() -> jinja2.Environment:
    """Templates whose values are always escaped; a name that a template does not get is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
