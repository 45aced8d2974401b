r"""Projects of Datavyu, ``.opf``: the cells of a column are the labelled actions.

The file is a zip archive of ``db``, the spreadsheet, and ``project``, which names the videos. In ``db`` a line
``jumps (MATRIX,true,)-label|NOMINAL,foot|NOMINAL`` begins a column and names its codes, and a line
``00:00:03:080,00:00:04:600,(axel,left)`` is a cell: onset, offset, hours to milliseconds on Datavyu's clock, and a
value of each code. In names and values a backslash stands before what would else part them, commas above all, and
before a line break. Older files have columns of a single text or nominal value. A column is a tier; the code called
label or the like, else the first one, is the label, one called subject or the like the group. Onset and offset at one
time are an event without duration. A video that was moved on Datavyu's time line has another clock than its file, and
is refused.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from vpdlib.atomic import replacing
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.csv_table import check_printable
from vpdlib.interchange.document import LINE_END, Archive, Document
from vpdlib.interchange.formats import (
    LabelFile,
    LabelFormat,
    LabelRow,
    WrittenAction,
    WrittenVideo,
)
from vpdlib.interchange.label_formats.milliseconds import span_ms

_SAVE = "Save it again in Datavyu."
_DB, _PROJECT = "db", "project"
#: Of the form of the spreadsheet; Datavyu writes 4.
_VERSION, _NEWEST = re.compile(r"#([0-9]{1,9})\s*"), 4
_COLUMN = re.compile(
    r"(?P<name>(?:\\.|[^\\(])+)\((?:text|nominal|matrix|predicate|integer|float)(?:,[^)]*)?\)(?:-(?P<codes>.*))?",
    re.DOTALL | re.IGNORECASE,
)
#: How a cell begins, as Datavyu itself tells.
_CELL = re.compile(r"[0-9]{2}:")
_TIME = re.compile(r"([0-9]{2,}):([0-9]{2}):([0-9]{2}):([0-9]{3})")
_OFFSET = re.compile(r"^offset=(-?[0-9]+)\s*$", re.MULTILINE)
#: Names of codes that are the label, and the subject.
_LABELS = ("label", "action", "class", "event", "behavior", "behaviour", "category")
_SUBJECTS = ("group", "subject", "athlete", "player", "participant")
#: A code that this program writes, and none of what is lost.
_PROBABILITY = "probability"


@dataclass
class _Column:
    """A column: its codes, and of each cell onset, offset (ms) and the values, with the line of each in the file."""

    name: str
    codes: Sequence[str]
    is_matrix: bool
    cells: list[tuple[int, int, int, Sequence[str]]] = field(default_factory=list)


@dataclass(frozen=True)
class _Media:
    """The video of a project, and what is to be said of it."""

    name: str
    remarks: Sequence[str] = ()


def _recognises(document: Document) -> bool:
    return {_DB, _PROJECT} <= set(document.content.names)


def _read(document: Document) -> LabelFile:
    path, archive = document.path, document.content
    media = _media(path, archive)
    where = f"{path}, {_DB}"
    columns = list(_columns(where, archive.text(_DB)))
    remarks = list(media.remarks)
    rows: list[LabelRow] = []
    for column in columns:
        label = next((n for n, code in enumerate(column.codes) if _is(code, _LABELS)), 0)
        subject = next((n for n, code in enumerate(column.codes) if _is(code, _SUBJECTS)), None)
        left = [
            code
            for number, code in enumerate(column.codes)
            if number not in (label, subject) and code != _PROBABILITY
        ]
        if left and column.cells:
            remarks.append(f"of the column {column.name!r} the codes {left} are not read")
        blank = 0
        for line, onset_ms, offset_ms, values in column.cells:
            here = f"{where}:{line} (column {column.name!r})"
            name = values[label].strip()
            blank += not name
            if not name:
                continue
            if offset_ms < onset_ms:
                raise DatasetError(
                    f"{here}: {name!r} begins at {onset_ms / 1000:.3f} s and ends at {offset_ms / 1000:.3f} s; 0 is a "
                    "cell without an offset. Set it in Datavyu."
                )
            rows.append(
                LabelRow(
                    here,
                    media.name,
                    name,
                    start=onset_ms / 1000,
                    end=offset_ms / 1000,
                    group="" if subject is None else values[subject].strip(),
                    tier=column.name,
                    is_point=onset_ms == offset_ms,
                    other_names=(path.stem,),
                )
            )
        if blank:
            remarks.append(
                f"{blank} cells of the column {column.name!r} have no {column.codes[label]!r} and are no actions"
            )
    return LabelFile(rows, remarks=remarks)


def _is(code: str, names: Sequence[str]) -> bool:
    return code.strip().casefold() in names


def _media(path: Path, archive: Archive) -> _Media:
    """The video that a project names; of one that names none, the file's own name."""
    where = f"{path}, {_PROJECT}"
    try:
        root = yaml.compose(archive.text(_PROJECT), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        raise DatasetError(f"{where}: damaged ({error!s:.100}). {_SAVE}") from error
    viewers = _entry(root, "viewerSettings")
    feeds: list[str] = []
    for viewer in viewers.value if isinstance(viewers, yaml.SequenceNode) else []:
        feed, settings = _entry(viewer, "feed"), _entry(viewer, "settingsId")
        if not isinstance(feed, yaml.ScalarNode):
            continue
        feeds.append(feed.value)
        if not isinstance(settings, yaml.ScalarNode) or settings.value not in archive.names:
            continue
        moved = _OFFSET.search(archive.text(settings.value))
        if moved and int(moved[1]):
            raise DatasetError(
                f"{path}: {feed.value!r} is moved by {moved[1]} ms on Datavyu's time line, so that times are not those "
                "of its file. Move it back to 0 there, with its cells."
            )
    if not feeds:
        return _Media(path.stem)
    others = feeds[1:]
    remarks = [f"of {len(feeds)} videos the first is taken; others are {others}"] if others else []
    return _Media(feeds[0], remarks)


def _entry(node: yaml.Node | None, name: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    for key, value in node.value:
        if key.value == name and isinstance(value, yaml.Node):
            return value
    return None


def _columns(where: str, text: str) -> Iterator[_Column]:
    """The columns of a spreadsheet with their cells."""
    lines = _joined_lines(text)
    number, first = next(lines, (1, ""))
    stated = _VERSION.fullmatch(first)
    if stated is None or int(stated[1]) > _NEWEST:
        raise DatasetError(
            f"{where}:{number}: begins {first[:40]!r}, expected #{_NEWEST} or a lower number. Save it with a current "
            "Datavyu; if it is from one that is newer than this reader, export a table."
        )
    column: _Column | None = None
    for number, line in lines:
        here = f"{where}:{number}"
        if _CELL.match(line):
            if column is None:
                raise DatasetError(f"{here}: a cell before the first column. {_SAVE}")
            column.cells.append((number, *_cell(here, line, column)))
            continue
        found = _COLUMN.fullmatch(line)
        if found is None:
            raise DatasetError(
                f"{here}: {line[:60]!r} is neither a column nor a cell with onset and offset. {_SAVE}"
            )
        if column is not None:
            yield column
        codes = found["codes"]
        column = _Column(
            _plain(found["name"]).strip(),
            ["value"] if codes is None else _codes(codes, here),
            is_matrix=codes is not None,
        )
    if column is not None:
        yield column


def _joined_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, by number; one that ends in a lone backslash goes on in the next."""
    begun = ""
    start = 1
    for number, line in enumerate(LINE_END.split(text), start=1):
        start = start if begun else number
        whole = f"{begun}{line}"
        if (len(line) - len(line.rstrip("\\"))) % 2:
            begun = f"{whole}\n"
            continue
        begun = ""
        if whole.strip():
            yield start, whole
    if begun.strip():
        yield start, begun


def _codes(text: str, where: str) -> list[str]:
    """The codes of a column, without their types."""
    codes = [_plain(part).rpartition("|")[0] for part in _parts(text)]
    if not all(codes):
        raise DatasetError(f"{where}: {text[:60]!r} has a code without name or type. {_SAVE}")
    return codes


def _cell(where: str, line: str, column: _Column) -> tuple[int, int, list[str]]:
    """Onset and offset, ms, and a value of each code."""
    onset, offset, value = [*line.split(",", 2), "", ""][:3]
    onset_ms, offset_ms = _ms(onset, where), _ms(offset, where)
    if not column.is_matrix:
        return onset_ms, offset_ms, [_plain(value)]
    value = value.strip()
    values = [_plain(part) for part in _parts(value[1:-1])]
    if value[:1] != "(" or value[-1:] != ")" or len(values) != len(column.codes):
        raise DatasetError(
            f"{where}: {value[:60]!r} where a value of each code {list(column.codes)} is expected, in brackets; a "
            f"comma within a value has a backslash before it. {_SAVE}"
        )
    return onset_ms, offset_ms, values


def _ms(text: str, where: str) -> int:
    found = _TIME.fullmatch(text)
    if found is None or int(found[2]) > 59 or int(found[3]) > 59 or len(found[1]) > 6:
        raise DatasetError(
            f"{where}: the time is {text[:40]!r}, expected one such as 00:01:12:480. {_SAVE}"
        )
    hours, minutes, seconds, thousandths = map(int, found.groups())
    return 3_600_000 * hours + 60_000 * minutes + 1000 * seconds + thousandths


def _parts(text: str) -> list[str]:
    """Text between commas that have no backslash before them."""
    parts, begin, place = [], 0, 0
    while place < len(text):
        if text[place] == "\\":
            place += 1
        elif text[place] == ",":
            parts.append(text[begin:place])
            begin = place + 1
        place += 1
    return [*parts, text[begin:]]


def _plain(text: str) -> str:
    """Text without the backslashes before characters."""
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _write(videos: Sequence[WrittenVideo], folder: Path, name: str) -> list[Path]:
    """A project of each video, with one column ``actions``; probability and subject are further codes."""
    paths = []
    for video in videos:
        path = folder / f"{video.video_id}.opf"
        has_groups = any(action.group for action in video.actions)
        codes = ["label", _PROBABILITY, *(["group"] if has_groups else [])]
        lines = [
            f"#{_NEWEST}",
            f"actions (MATRIX,true,)-{','.join(f'{code}|NOMINAL' for code in codes)}",
        ]
        for action in sorted(video.actions, key=lambda one: one.start_s):
            lines.append(_written_cell(action, has_groups, video.fps, path))
        project = (
            "!project",
            f"dbFile: {_yaml_text(path.name)}",
            f"name: {_yaml_text(video.video_id)}",
            "version: 5",
            "viewerSettings: []",
        )
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for entry, text in ((_DB, lines), (_PROJECT, project)):
                # Without the time of day, so that equal labels give equal bytes.
                info = zipfile.ZipInfo(entry)
                info.external_attr = 0o644 << 16
                archive.writestr(info, "\n".join(text) + "\n")
        with replacing(path) as temporary:
            temporary.write_bytes(content.getvalue())
        paths.append(path)
    return paths


def _written_cell(action: WrittenAction, has_groups: bool, fps: float, path: Path) -> str:
    for name in ("label", "group"):
        check_printable(getattr(action, name), str(path), name)
    probability = "" if action.probability is None else f"{action.probability:.4f}"
    values = [action.label, probability, *([action.group] if has_groups else [])]
    times = [
        f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}:{ms % 1000:03d}"
        for ms in span_ms(action.start_s, action.end_s, fps)
    ]
    return f"{','.join(times)},({','.join(map(_escaped, values))})"


def _escaped(text: str) -> str:
    return re.sub(r"([\\,-])", r"\\\1", text)


def _yaml_text(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


DATAVYU = LabelFormat(
    "datavyu",
    "a project of Datavyu (.opf)",
    "zip",
    _recognises,
    _read,
    ".opf",
    _write,
    writes_times=True,
)
