"""Every table that is there, beside the paper's numbers, and its CSV."""

from __future__ import annotations

import shutil

from vpdlib.report.layouts import LAYOUTS
from vpdlib.site.result_tables import read_result_table
from vpdlib.site.site import Page, Site

#: Files with a layout, in its order; tables without one come last.
_ENDING = ".csv"


def build(site: Site) -> Page | None:
    """The page of tables, or None where there is no table."""
    order = {name: place for place, name in enumerate(LAYOUTS)}
    names = [
        name.removesuffix(_ENDING)
        for name in site.files("table", "figure3", "found_accuracy")
        if name.endswith(_ENDING) and "/" not in name
    ]
    tables = []
    for name in sorted(names, key=lambda name: (order.get(name, len(order)), name)):
        path = site.file(f"{name}{_ENDING}")
        assert path is not None, "it is listed"
        table = read_result_table(path)
        if table.rows:
            shutil.copyfile(path, site.out / "figures" / path.name)
            tables.append(table)
    return Page("tables", "Tables", {"tables": tables}) if tables else None
