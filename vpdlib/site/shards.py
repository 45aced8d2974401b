"""Data of a site, in files that a page loads when it needs them.

Pages are opened from a disk too, where a browser refuses to read files by ``fetch``: a shard is a script that hands its
data to the page, ``vpd.shard(name, data)``. Nothing in the data can end the script or be taken for markup.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vpdlib.atomic import write_text
from vpdlib.identifiers import check_id

#: JSON is a script but for these.
_ESCAPED = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def as_script(data: Any) -> str:
    """Plain data as JSON that may stand in a script.

    Raises
    ------
    ValueError
        If a number is not finite; give None in its place.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPED)


def write_shard(folder: Path, name: str, data: Any) -> Path:
    """Write plain data as the shard ``<name>.js``; the page has it by ``vpd.load(name)``.

    Raises
    ------
    ValueError
        If the name is no safe id, or a number is not finite.
    """
    check_id(name, "shard", str(folder))
    path = folder / f"{name}.js"
    write_text(path, f"vpd.shard({json.dumps(name)},{as_script(data)});\n")
    return path
