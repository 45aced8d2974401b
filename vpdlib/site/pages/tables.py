"""Every table that is there, beside the paper's numbers, and its CSV."""

from __future__ import annotations

import shutil

from markupsafe import Markup

from vpdlib.report.html_page import notes_of, table_markup
from vpdlib.report.layouts import LAYOUTS
from vpdlib.report.result_tables import ResultTable, read_result_table
from vpdlib.site import what_was_run
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
            shutil.copyfile(path, site.out / "data" / path.name)
            tables.append(table)
    if not tables:
        return None
    settings = site.sources.settings
    context = {
        "tables": tables,
        "notes_of": notes_of,
        "markup_of": _markup,
        "names": [*what_was_run.feature_sets(settings), *what_was_run.heads(settings)],
    }
    return Page("tables", "Tables", context)


def _markup(table: ResultTable) -> Markup:
    """A table's element, whose texts are escaped already."""
    return Markup(table_markup(table))
