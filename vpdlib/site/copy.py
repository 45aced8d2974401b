"""A copy of a site's folder, as one thing by itself."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from vpdlib.atomic import replacing
from vpdlib.site.build import PARTS


def copy_site(site: Path, out: Path) -> None:
    """Copy a site, its first page and its parts, whole or not at all.

    Files are links to the same data where the file system has links, so that a copy needs no room: what is built
    anew takes the place of a file and does not write into it.

    Parameters
    ----------
    site : its folder, with ``index.html``. Else what lies there (Snakemake's time stamps) is left out.
    out : the folder to make.
    """
    with replacing(out) as folder:
        folder.mkdir()
        # Not by shutil.copytree: on a full disk it would go on and name every file of thousands in one error.
        for name in ("index.html", *PARTS):
            source = site / name
            files = [source] if source.is_file() else sorted(source.rglob("*"))
            for path in files:
                if path.is_file() and path.name != ".snakemake_timestamp":
                    target = folder / path.relative_to(site)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    _link(path, target)


def _link(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except OSError:
        # A file system without links, or a limit of how many.
        shutil.copy2(path, target)
