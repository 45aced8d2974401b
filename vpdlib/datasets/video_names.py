"""Which video a cell of a table means.

A cell gives the file's name, with or without its ending, and perhaps folders in front, with slashes of either kind. The
folders are compared from the end: ``monday/heat_01.mp4`` and ``heat_01`` are the file ``2024/monday/heat_01.mp4`` below
the folder of videos, ``tuesday/heat_01.mp4`` is not. A longer path, as annotation tools write it, must end in the whole
of the file's path below the folder of videos.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.datasets.video_files import below, files_not_taken, remedy

_ABSOLUTE = re.compile(r"/|[A-Za-z]:/|file:", re.IGNORECASE)
_MAX_NEAR = 3


@dataclass(frozen=True)
class Found:
    """A video, and what the user should know of how it was found: nothing, where ``remark`` is empty."""

    video_id: str
    remark: str = ""


@dataclass(frozen=True)
class _Known:
    """A video: parts of its path below the folder of videos, and of its whole path, its name without ending last."""

    source: VideoSource
    inside: tuple[str, ...]
    whole: tuple[str, ...]

    @property
    def shown(self) -> str:
        return "/".join((*self.inside[:-1], self.source.path.name))


class VideoNames:
    """Finds videos by what tables call them.

    Parameters
    ----------
    sources : the videos.
    folder : where they lie; None where paths are not looked at beyond the videos' own.
    """

    def __init__(self, sources: Sequence[VideoSource], folder: Path | None = None) -> None:
        self._folder = folder
        self._known = [_known(source, folder) for source in sources]
        self._by_name: dict[str, list[_Known]] = defaultdict(list)
        for known in self._known:
            # The file's name and the id, which may be the same.
            for name in dict.fromkeys((known.source.path.name, known.source.video_id)):
                self._by_name[_fold(name)].append(known)
        # Video -> the longer path that it was found by, and the row.
        self._elsewhere: dict[str, tuple[tuple[str, ...], str]] = {}

    def find(self, named: str, where: str) -> Found:
        """The video that a cell means.

        Parameters
        ----------
        named : the cell.
        where : its file and row, for messages.

        Raises
        ------
        DatasetError
            If it is none of the videos, or could be two; the message says what is nearest.
        """
        folders, name, absolute = _split(named)
        same_name = self._by_name.get(_fold(name), [])
        for exact in (True, False):
            found = [known for known in same_name if _agrees(known, folders, name, absolute, exact)]
            if len(found) > 1:
                raise DatasetError(
                    f"{where}: {named!r} may be {' or '.join(repr(k.shown) for k in found)}. Write it as one of them."
                )
            if found:
                return self._remarked(found[0], folders, named, where, exact)
        raise DatasetError(
            f"{where}: there is no video {named!r}{self._hint(name, folders, same_name)}. Correct the name, or add the "
            "file to the folder of videos."
        )

    def _remarked(
        self, known: _Known, folders: tuple[str, ...], named: str, where: str, exact: bool
    ) -> Found:
        video_id = known.source.video_id
        if len(known.inside) > 1 or _is_end(folders, known.whole[:-1], exact=False):
            remark = "" if exact else f"the table calls it {named!r}: taken for {known.shown!r}"
            return Found(video_id, remark)
        # Only the file's name agrees: that is enough for one other folder, not for two.
        before, other = self._elsewhere.setdefault(video_id, (folders, where))
        if before != folders:
            raise DatasetError(
                f"{where}: {named!r} lies in another folder than what {other} calls {known.shown!r}. If both are this "
                "video, write its name alone; else correct one of them."
            )
        return Found(
            video_id, f"the table says that it is {named!r}: taken for {known.shown!r} by its name"
        )

    def _hint(self, name: str, folders: tuple[str, ...], same_name: list[_Known]) -> str:
        if self._folder is not None:
            for path in files_not_taken(self._folder):
                # x, x.mp4 and x.mp4.part all mean x.mp4.part.
                meant = (path.name, path.stem, Path(path.stem).stem)
                if _fold(name) in map(_fold, meant):
                    return f": {below(path, self._folder)!r} is there, but is not taken. {remedy(path)}"
        if same_name:
            lie = ", ".join(repr(known.shown) for known in same_name)
            return f": there is {lie}, not in a folder {'/'.join(folders)!r}"
        shown = {_fold(known.shown.rsplit("/", 1)[-1]): known.shown for known in self._known}
        shown |= {_fold(known.source.video_id): known.shown for known in self._known}
        near = difflib.get_close_matches(_fold(name), shown, _MAX_NEAR)
        if not near:
            return ""
        return f"; nearest: {', '.join(dict.fromkeys(repr(shown[key]) for key in near))}"


def _known(source: VideoSource, folder: Path | None) -> _Known:
    path = source.path
    inside = path
    if folder is not None and path.is_relative_to(folder):
        inside = path.relative_to(folder)
    return _Known(
        source,
        tuple(unicodedata.normalize("NFC", part) for part in inside.parts),
        tuple(unicodedata.normalize("NFC", part) for part in path.parts),
    )


def _split(named: str) -> tuple[tuple[str, ...], str, bool]:
    """Folders, name, and whether the path is a whole one."""
    path = named.replace("\\", "/")
    absolute = _ABSOLUTE.match(path) is not None
    if path.lower().startswith("file:"):
        path = unquote(path)
    *folders, name = path.split("/")
    kept = [part for part in folders if part not in ("", ".")]
    while kept and kept[0] == "..":
        kept.pop(0)
    return tuple(unicodedata.normalize("NFC", part) for part in kept), name, absolute


def _agrees(
    known: _Known, folders: tuple[str, ...], name: str, absolute: bool, exact: bool
) -> bool:
    if exact and name not in (known.source.path.name, known.source.video_id):
        return False
    own = known.inside[:-1]
    if _is_end(folders, own, exact) or _is_end(folders, known.whole[:-1], exact):
        return True
    return _is_end(own, folders, exact) and (bool(own) or absolute)


def _is_end(short: tuple[str, ...], long: tuple[str, ...], exact: bool) -> bool:
    """Whether some folders are the last ones of others."""
    if len(short) > len(long):
        return False
    end = long[len(long) - len(short) :]
    return short == end or (not exact and [*map(_fold, short)] == [*map(_fold, end)])


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
