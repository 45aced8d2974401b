"""Which files of a folder are videos, and which are left aside that may be meant as such.

A file is told by its ending, in small or capital letters. Endings that other files have too (``.ts`` is TypeScript's)
are looked into. Raw streams (``.h264``, ``.m2v``, ``.mjpeg``) state no times, so that a reader must guess their rate:
they are not taken.
"""

from __future__ import annotations

import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

from vpdlib.datasets.base import DatasetError, VideoSource, check_sources
from vpdlib.datasets.paths import as_text, files_below
from vpdlib.datasets.tables import ProblemRow

#: Containers that the reader reads, with their time stamps.
_CONTAINERS = """
.mp4 .m4v .mov .qt .mj2 .3gp .3g2 .f4v .ismv .mkv .mk3d .webm .avi .divx .wmv .asf .flv .mts .m2ts .m2t .ts .trp .mpg
.mpeg .mpe .m2p .vob .mod .tod .mxf .dv .ogv .ogm .rm .rmvb .wtv .nut .y4m .ivf
"""
VIDEO_SUFFIXES = frozenset(_CONTAINERS.split())
#: Of these, what must be in the file: they are endings of text and other data as well.
_LOOKED_INTO = frozenset({".ts", ".mod", ".tod"})
#: Endings of what lies beside videos and is none: tables, notes, annotations and subtitles; pictures and sound; arrays,
#: networks and programs; what cameras, discs and file systems add.
_BESIDE = """
.csv .tsv .txt .json .jsonl .xml .xmp .yaml .yml .toml .ini .cfg .md .rst .html .htm .pdf .doc .docx .odt .rtf .tex
.xls .xlsx .ods .numbers .eaf .pfsx .boris .srt .vtt .ass .ssa .sub .idx .sbv .lrc .log .nfo .edl .gpx .fit .url .lnk
.jpg .jpeg .png .webp .bmp .tif .tiff .heic .svg .thm .psd .wav .mp3 .m4a .aac .flac .ogg .opus .wma
.npz .npy .h5 .hdf5 .pkl .pickle .mat .parquet .feather .pt .pth .onnx .safetensors .py .ipynb .r .m .sh .js .tsx
.trc .c3d .mot .pose
.cpi .mpl .bdm .modd .moff .ifo .bup .ctg .db .md5 .sha1 .sha256 .sfv
"""
_COMPANIONS = frozenset(_BESIDE.split())
#: Bytes that are looked at.
_HEAD = 16384
#: Lengths of a packet of an MPEG transport stream: plain, with a camera's time code, with error correction.
_TS_PACKETS = (188, 192, 204)
#: So many files are named in a sentence.
_MAX_NAMED = 5


def video_files(folder: Path) -> list[Path]:
    """The videos below a folder, through linked folders too, sorted; hidden files and folders are passed over."""
    return sorted(path for path in _shown_files(folder) if _is_video(path))


def find_videos(folder: Path, setting: str) -> list[VideoSource]:
    """List the videos below a folder, sorted by id (the file's name without its ending).

    Raises
    ------
    DatasetError
        If the folder is missing or holds no video, an id is unsafe or used twice, or a path holds braces or is no
        UTF-8.
    """
    if not folder.is_dir():
        raise DatasetError(
            f"{setting}: the folder {folder} does not exist. Correct the setting, or set data_dir in "
            "config.yaml (or the variable VPD_DATA) to the folder that holds it."
        )
    found = [VideoSource(path.stem, path) for path in video_files(folder)]
    left = [] if found else files_not_taken(folder)
    if left:
        raise DatasetError(
            f"{setting}: {folder}: there is no video of a kind that is read, beside {listed(left, folder)}. Write them "
            "as .mp4 (ffmpeg -i X -c copy Y.mp4)."
        )
    return check_sources(found, f"{setting}: {folder}")


def files_not_taken(folder: Path) -> list[Path]:
    """Files below a folder that are no videos by their ending or content, and nothing that usually lies beside some.

    Hidden files and folders are passed over, and so is text without a known ending.

    Returns
    -------
    Their paths, sorted; ``folder`` is in front.
    """
    return sorted(
        path
        for path in _shown_files(folder)
        if path.suffix.lower() not in _COMPANIONS
        and path.name.lower() not in ("thumbs.db", "desktop.ini")
        and not _is_video(path)
        and not _is_text(path)
    )


def problems_of_files(folder: Path) -> list[ProblemRow]:
    """A row of ``problems.csv`` for every file that is not taken; ``video`` is its path below the folder."""
    return [
        ProblemRow(
            video=below(path, folder),
            start="",
            end="",
            stage="prepare_dataset",
            problem="the file is not taken: its ending, or what it holds, is not of a video that is read",
            remedy=remedy(path),
        )
        for path in files_not_taken(folder)
    ]


def below(path: Path, folder: Path) -> str:
    """A file's path below a folder, as text that can be written whatever bytes it holds."""
    return as_text(path.relative_to(folder))


def remedy(path: Path) -> str:
    """What to do with a file that is not taken."""
    name = below(path, path.parent)
    target = Path(name).stem
    while Path(target).suffix.lower() in VIDEO_SUFFIXES:
        target = Path(target).stem
    return (
        "If it is a video, finish its download or write it into another container: "
        f"ffmpeg -i {shlex.quote(name)} -c copy {shlex.quote(f'{target}.mp4')} (a raw stream: with -r and its rate "
        "before -i). Else move it out of the folder."
    )


def listed(paths: list[Path], folder: Path) -> str:
    """The first of some files below a folder, and how many more there are."""
    names = [below(path, folder) for path in paths[:_MAX_NAMED]]
    more = len(paths) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _shown_files(folder: Path) -> Iterator[Path]:
    """The files below a folder that are not hidden, nor in a hidden folder: a bin, a file system's or program's own."""
    depth = len(folder.parts)
    for path in files_below(folder):
        # Not relative_to(), which is most of a start with 18,000 videos.
        if not any(part.startswith(".") for part in path.parts[depth:]):
            yield path


def _is_video(path: Path) -> bool:
    suffix = path.suffix.lower()
    if suffix not in VIDEO_SUFFIXES:
        return False
    return suffix not in _LOOKED_INTO or _is_mpeg(path)


def _is_mpeg(path: Path) -> bool:
    """Whether a file holds an MPEG stream; one that cannot be read is left to the reader to name."""
    try:
        head = _head(path)
    except OSError:
        return True
    if head.startswith(b"\0\0\1\xba"):
        return True
    return any(_has_packets(head, size) for size in _TS_PACKETS)


def _has_packets(head: bytes, size: int) -> bool:
    """Whether five packets of a size follow on each other, from wherever a recording was cut."""
    return any(
        all(head[at : at + 1] == b"\x47" for at in range(start, start + 5 * size, size))
        for start in _starts(head[:-1], size)
    )


def _starts(head: bytes, size: int) -> Iterator[int]:
    at = head.find(b"\x47")
    while 0 <= at <= len(head) - 4 * size:
        yield at
        at = head.find(b"\x47", at + 1)


def _is_text(path: Path) -> bool:
    """Whether a file of an unknown ending is text; what is empty or cannot be read is not."""
    if path.suffix.lower() in VIDEO_SUFFIXES:
        return False
    try:
        head = _head(path)
    except OSError:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The last character of a part may be cut.
        if error.start < len(head) - 3 or len(head) < _HEAD:
            return False
    return bool(head) and b"\0" not in head


def _head(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):
        # A pipe would never answer.
        return b""
    with path.open("rb") as stream:
        return stream.read(_HEAD)
