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
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.datasets.tables import ProblemRow
from vpdlib.datasets.video_files import below, files_not_taken, remedy
from vpdlib.progress import warn

_ABSOLUTE = re.compile(r"/|[A-Za-z]:/|file:", re.IGNORECASE)
_MAX_NEAR = 3


@dataclass(frozen=True)
class Found:
    """A video, and what the user should know of how it was found: nothing, where ``remark`` is empty."""

    video_id: str
    remark: str = ""


@dataclass(frozen=True)
class _Known:
    """A video: its path below the folder of videos, and its folders by every whole path that leads to it, in parts."""

    source: VideoSource
    inside: tuple[str, ...]
    folders: tuple[tuple[str, ...], ...]

    @property
    def shown(self) -> str:
        return str(Path(*self.inside[:-1], self.source.path.name))

    def lies_in(self, folders: tuple[str, ...], exact: bool) -> bool:
        """Whether some folders are the last ones of the video's own."""
        return any(_is_end(folders, own, exact) for own in (self.inside[:-1], *self.folders))


class VideoNames:
    """Finds videos by what tables call them.

    Parameters
    ----------
    sources : the videos.
    folder : where they lie; None where paths are not looked at beyond the videos' own.
    any_folder : whether a file's name is enough, whatever folders a table has before it. Who knows some videos of a
        dataset alone then finds the same as who knows all: of two that differ by case neither is taken.
    """

    def __init__(
        self, sources: Sequence[VideoSource], folder: Path | None = None, any_folder: bool = False
    ) -> None:
        self._folder = folder
        self._any_folder = any_folder
        self._known = [_known(source, folder) for source in sources]
        self._by_name: dict[str, list[_Known]] = defaultdict(list)
        for known in self._known:
            # The file's name and the id, which may be the same.
            for name in dict.fromkeys((known.source.path.name, known.source.video_id)):
                self._by_name[_fold(name)].append(known)
        #: What was looked for -> what was found.
        self.found: dict[str, Found | None] = {}
        # Video -> the longer path that it was found by, and the row.
        self._elsewhere: dict[str, tuple[tuple[str, ...], str]] = {}

    @cached_property
    def _not_taken(self) -> list[Path]:
        return [] if self._folder is None else files_not_taken(self._folder)

    def find(self, named: str, where: str) -> Found:
        """The video that a cell means.

        Parameters
        ----------
        named : the cell.
        where : its file and row, for messages.

        Raises
        ------
        DatasetError
            If it is empty or none of the videos, or could be two; the message says what is nearest.
        """
        found = self.look_for(named, where)
        if found is None:
            raise DatasetError(
                f"{where}: there is no video {named!r}{self.hint(named)}. Correct the name, or add the file to the "
                "folder of videos."
            )
        return found

    def look_for(self, named: str, where: str) -> Found | None:
        """As `find`, but None where it is none of the videos."""
        if not named:
            raise DatasetError(f"{where}: video is empty. Fill it in or remove the row.")
        if named not in self.found:
            self.found[named] = self._look_for(named, where)
        return self.found[named]

    def _look_for(self, named: str, where: str) -> Found | None:
        folders, name, absolute = _split(named)
        same_name = self._by_name.get(_fold(name), [])
        if self._any_folder:
            if len(same_name) > 1:
                raise _several(same_name, named, where, "Rename one of them.")
            if not same_name:
                return None
            exact = _agrees(same_name[0], folders, name, absolute, exact=True)
            return self._remarked(same_name[0], folders, named, where, exact)
        for exact in (True, False):
            found = [known for known in same_name if _agrees(known, folders, name, absolute, exact)]
            if len(found) > 1:
                raise _several(found, named, where, "Write it as one of them.")
            if found:
                return self._remarked(found[0], folders, named, where, exact)
        return None

    def _remarked(
        self, known: _Known, folders: tuple[str, ...], named: str, where: str, exact: bool
    ) -> Found:
        video_id = known.source.video_id
        own = known.inside[:-1]
        if known.lies_in(folders, exact=False) or (own and _is_end(own, folders, exact=False)):
            remark = "" if exact else f"called {named!r} there: taken for {known.shown!r}"
            return Found(video_id, remark)
        # Only the file's name agrees: that is enough for one other folder, not for two.
        before, other = self._elsewhere.setdefault(video_id, (folders, where))
        if not _is_end(before, folders, exact=True) and not _is_end(folders, before, exact=True):
            raise DatasetError(
                f"{where}: {named!r} lies in another folder than what {other} calls {known.shown!r}. If both are this "
                "video, write its name alone; else correct one of them."
            )
        return Found(video_id, f"said to be {named!r}: taken for {known.shown!r} by its name")

    def hint(self, named: str) -> str:
        """What a cell that names none of the videos may mean, to follow the cell in a message; or nothing."""
        folders, name, _ = _split(named)
        same_name = self._by_name.get(_fold(name), [])
        if self._folder is not None:
            for path in self._not_taken:
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


def path_named(named: str) -> Path:
    """The path by which a tool calls a video, of either kind of slashes, without the root."""
    folders, name, _ = _split(named)
    return Path(*folders, name)


def tell_remarks(remarks: Sequence[tuple[str, Found]]) -> list[ProblemRow]:
    """Tell once of all videos that a file calls otherwise than they are.

    Parameters
    ----------
    remarks : file and row, and what was found with a remark.

    Returns
    -------
    A row of ``problems.csv`` for each.
    """
    if remarks:
        where, first = remarks[0]
        more = f" (and {len(remarks) - 1} more rows of this kind)" if len(remarks) > 1 else ""
        warn(f"{where}: {first.remark}{more}; correct the name there if another video is meant")
    return [
        ProblemRow(
            video=found.video_id,
            start="",
            end="",
            stage="prepare_dataset",
            problem=f"{where}: {found.remark}",
            remedy="Write the name as the file has it, or correct it if another video is meant.",
        )
        for where, found in remarks
    ]


def _known(source: VideoSource, folder: Path | None) -> _Known:
    path = source.path
    inside = path
    if folder is not None and path.is_relative_to(folder):
        inside = path.relative_to(folder)
    ways = [path]
    if folder is not None:
        # A table may give the path from the root, and the one past links of folders or of the file.
        ways = [path.absolute(), path.parent.resolve() / path.name, path.resolve()]
    return _Known(
        source,
        _parts(inside),
        tuple(dict.fromkeys(_parts(way)[:-1] for way in ways if way.name == path.name)),
    )


def _parts(path: Path) -> tuple[str, ...]:
    return tuple(unicodedata.normalize("NFC", part) for part in path.parts)


def _several(found: Sequence[_Known], named: str, where: str, remedy: str) -> DatasetError:
    shown = [known.shown for known in found]
    if len(set(shown)) < len(shown):
        # Two athletes of one file.
        shown = [known.source.video_id for known in found]
    return DatasetError(f"{where}: {named!r} may be {' or '.join(map(repr, shown))}. {remedy}")


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
    if known.lies_in(folders, exact):
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
