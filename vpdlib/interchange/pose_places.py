"""Where the keypoints of single videos lie: files, and folders that a tool writes for one video."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.settings import KeypointFormatName
from vpdlib.interchange.formats import PoseFormat
from vpdlib.interchange.keypoints import KEYPOINTS
from vpdlib.interchange.pose_registry import POSES, find_pose_format
from vpdlib.progress import note


def pose_places(
    places: Sequence[Path], insisted: KeypointFormatName | None = None
) -> Iterator[tuple[Path, PoseFormat | None]]:
    """Files and folders of keypoints, in order, each with the pose tool's format that it is of.

    Parameters
    ----------
    places : as the settings name them. In a folder that is itself of no format, files and folders that a tool made are
        looked for; hidden files, and those of no tool's format, are passed over.
    insisted : the format that they are of; None to tell by content.

    Yields
    ------
    The place, and its format; None for an npz, HDF5 or PySKL file of one's own.

    Raises
    ------
    DatasetError
        If a place is missing, or of no format that is read, or a folder holds nothing of one.
    """
    for place in places:
        if not place.is_dir():
            yield place, _format_of(place, insisted)
            continue
        form = _of_folder(place, insisted)
        if form is not None:
            yield place, form
            continue
        passed_over: list[Path] = []
        found = list(_inside(place, insisted, passed_over))
        if not found:
            example = f", such as {passed_over[0]}" if passed_over else ""
            titles = [one.title for name, one in POSES.items() if name == insisted]
            wanted = titles[0] if titles else "a pose tool's format that is read"
            raise DatasetError(
                f"{place}: of {len(passed_over)} files{example}, none is of {wanted}. Files of one's own (npz, HDF5, "
                "pickle) are to be named one by one; docs/formats.md lists the formats."
            )
        if passed_over:
            note(
                f"{place}: {len(passed_over)} files of no pose tool's format, such as {passed_over[0].name}"
            )
        yield from found


def _format_of(place: Path, insisted: KeypointFormatName | None) -> PoseFormat | None:
    found = find_pose_format(place, insisted)
    if found is None and place.suffix.lower() not in KEYPOINTS.by_suffix:
        *others, last = KEYPOINTS.by_suffix
        raise DatasetError(
            f"{place}: of no pose tool's format that is read ({', '.join(POSES)}), and files of one's own end in "
            f"{', '.join(others)} or {last}. Export it as one of them; docs/formats.md says how."
        )
    return found


def _of_folder(folder: Path, insisted: KeypointFormatName | None) -> PoseFormat | None:
    """The format of a folder that is one video's; that it holds files of the one insisted on is for later."""
    wanted = [one for name, one in POSES.items() if insisted in (None, name)]
    return next((one for one in wanted if one.recognises(folder)), None)


def _inside(
    folder: Path, insisted: KeypointFormatName | None, passed_over: list[Path]
) -> Iterator[tuple[Path, PoseFormat]]:
    if folder.resolve() in (parent.resolve() for parent in folder.parents):
        # A link to a folder that it lies in.
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        form = _of_folder(path, insisted)
        if form is not None:
            yield path, form
        elif path.is_dir():
            yield from _inside(path, insisted, passed_over)
        else:
            passed_over.append(path)
