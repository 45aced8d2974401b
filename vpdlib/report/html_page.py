"""Tables as pages by themselves: one HTML file each, without scripts, as Snakemake's report shows them.

A table of results is read as its Markdown is (:mod:`vpdlib.report.result_tables`); any other table is a list, with the
columns that its CSV has. Texts of the data stay text.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from html import escape
from itertools import islice
from pathlib import Path

from vpdlib.atomic import write_text
from vpdlib.report.layouts import LAYOUTS, LISTS
from vpdlib.report.result_tables import Cell, Column, ResultTable, read_result_table

#: Rows of a list that a page shows; the CSV has all.
MAX_ROWS = 2000

_STYLE = """\
:root { color-scheme: light dark; }
body { margin: 1rem; font: 15px/1.45 system-ui, sans-serif; background: Canvas; color: CanvasText; }
h1 { font-size: 1.2rem; margin: 0 0 0.3rem; }
p { margin: 0.3rem 0 0.8rem; max-width: 60rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption, .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: 0.2rem 0.7rem; text-align: left; vertical-align: top; border-bottom: 1px solid color-mix(in srgb, CanvasText 25%, Canvas); }
thead th { position: sticky; top: 0; background: Canvas; }
th.number, td.number, th.paper, td.paper { text-align: right; white-space: nowrap; }
tbody th { font-weight: 500; }
td.best { font-weight: 700; }
td.best::before { content: "★ "; }
td.near::before { content: "☆ "; }
"""  # noqa: E501


def write_page(path: str | Path, csv_path: str | Path, title: str) -> None:
    """Write the page of a table that a rule of the workflow wrote, whole or not at all.

    Parameters
    ----------
    path : of the page.
    csv_path : of the table; its name says how it is read (:data:`vpdlib.report.layouts.LAYOUTS`, ``LISTS``).
    title : name of the dataset.

    Raises
    ------
    ValueError
        If the table has no heading or a row is cut: it names the file.
    """
    csv_path = Path(csv_path)
    if csv_path.stem in LAYOUTS:
        table = read_result_table(csv_path)
        name, notes, shown = table.heading, notes_of(table), table_markup(table)
    else:
        name, notes, shown = _list_page(csv_path)
    name = f"{name}. {' '.join(title.split())}"
    lines = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{escape(name)}</title>\n<style>\n{_STYLE}</style></head>",
        f"<body><main>\n<h1>{escape(name)}</h1>\n<p>{escape(notes)}</p>\n{shown}\n</main></body></html>\n",
    ]
    write_text(path, "\n".join(lines))


def notes_of(table: ResultTable) -> str:
    """What is said of a table of results before it; signs are explained where they stand in it."""
    numbers = table.numbers
    notes = [f"{table.caption}."]
    if table.reading:
        notes.append(table.reading)
    if any(cell.best for cell in numbers):
        notes.append("★ and bold: best of ours in a column.")
    if any(cell.near for cell in numbers):
        notes.append("☆: within the deviation of the best, so hardly worse.")
    if any("±" in cell.text for cell in numbers):
        notes.append("±: sample standard deviation over trials.")
    if table.trials:
        notes.append(f"Trials: {table.trials}.")
    if not all(cell.text for cell in numbers):
        notes.append(
            "–: was not run. NNS gives a class without probabilities, so that late fusion has none."
        )
    if any(column.kind == "paper" for column in table.columns):
        notes.append("paper: Hong et al., ICCV 2021.")
    return " ".join(notes)


def table_markup(table: ResultTable) -> str:
    """The element of a table of results; a cell with a number has it as ``data-value``."""
    return _markup(f"{table.title}: {table.caption}", table.columns, table.rows)


def _list_page(path: Path) -> tuple[str, str, str]:
    """Name, notes and element of a list."""
    layout = LISTS[path.stem]
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.reader(stream)
        names = next(reader, None)
        if not names:
            raise ValueError(f"{path}: the heading is missing; delete it to have it made anew")
        rows = list(islice(reader, MAX_ROWS))
        num_rows = len(rows) + sum(1 for _ in reader)
    if any(len(row) != len(names) for row in rows):
        raise ValueError(f"{path}: a row is cut; delete it to have it made anew")
    columns = [
        Column(name, "number" if _are_numbers(row[place] for row in rows) else "text")
        for place, name in enumerate(names)
    ]
    notes = f"{layout.caption}. "
    if num_rows > MAX_ROWS:
        notes += f"The first {MAX_ROWS} of {num_rows} rows; {path.name} has all."
    elif num_rows:
        notes += f"{num_rows} rows, as in {path.name}."
    else:
        notes += "There is none."
    cells = [[Cell(text) for text in row] for row in rows]
    return layout.name, notes, _markup(layout.name, columns, cells)


def _are_numbers(cells: Iterable[str]) -> bool:
    """Whether a column has numbers alone, and any."""
    known = [cell for cell in cells if cell]
    try:
        return bool([float(cell) for cell in known])
    except ValueError:
        return False


def _markup(caption: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> str:
    head = "".join(
        f'<th scope="col" class="{column.kind}">{escape(column.heading)}</th>' for column in columns
    )
    lines = [
        f'<table class="plain results"><caption class="hidden">{escape(caption)}</caption>',
        f"<thead><tr>{head}</tr></thead>\n<tbody>",
    ]
    for row in rows:
        cells = [
            _cell(cell, column.kind, is_first=place == 0)
            for place, (cell, column) in enumerate(zip(row, columns, strict=True))
        ]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</tbody></table>"])


def _cell(cell: Cell, kind: str, is_first: bool) -> str:
    element, scope = ("th", ' scope="row"') if is_first else ("td", "")
    value = "" if cell.value is None else f' data-value="{cell.value}"'
    mark, words = ("best", "best") if cell.best else ("near", "within the deviation of the best")
    is_marked = cell.best or cell.near
    best, said = (f" {mark}", f'<span class="hidden"> ({words})</span>') if is_marked else ("", "")
    return f'<{element}{scope} class="{kind}{best}"{value}>{escape(cell.text) or "–"}{said}</{element}>'
