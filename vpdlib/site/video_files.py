"""Where pages find the files of videos, which lie outside a site and are no part of it."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote


def source_url(path: str, pages: Path) -> str | None:
    """Where a page finds a video's file, relative to the folder of pages; None without a file.

    Both paths are relative to the same folder, or absolute.
    """
    if not path:
        return None
    relative = os.path.relpath(os.path.abspath(path), os.path.abspath(pages))
    return "/".join(quote(part) for part in Path(relative).parts)
