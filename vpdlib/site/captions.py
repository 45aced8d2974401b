"""What the figures of a site are of, as a table beside them; Snakemake's report reads it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from vpdlib.atomic import write_text

#: Where it lies in a site.
CAPTIONS = "data/figures.csv"


def write_captions(path: Path, captions: Mapping[str, str]) -> None:
    """Write the captions of figures by their names, whole or not at all."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["figure", "caption"])
    writer.writerows(captions.items())
    write_text(path, stream.getvalue())


def read_captions(path: Path) -> dict[str, str]:
    """Captions by the names of figures."""
    with path.open(newline="", encoding="utf-8") as stream:
        return {row["figure"]: row["caption"] for row in csv.DictReader(stream)}
