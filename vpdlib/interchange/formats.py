"""Formats of files: what the reader of each kind gives, and how one is found.

A format is a module of this package: a reader, perhaps a writer, and a value of one of the classes below. The registry
of its kind names it: ``LABELS`` in ``label_registry.py``, told by content; and, told by a file's ending, ``BOXES`` in
``boxes.py``, ``KEYPOINTS`` in ``keypoints.py``, and ``ARRAYS`` in ``arrays.py``, of one array per video, which may be
boxes, keypoints or descriptors. Each registry imports its modules by name, since the digest of a script's code follows
imports: an edit of a reader remakes what it read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Literal, TypeVar

import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.settings import KeypointFormatName, LabelFormatName
from vpdlib.datasets.tables import VideoRow
from vpdlib.interchange.document import Document, Kind


@dataclass(frozen=True)
class Format:
    """A format: the endings of its files, in small letters, with the point."""

    suffixes: tuple[str, ...]


F = TypeVar("F", bound=Format)


class Formats(Generic[F]):
    """The formats of one kind.

    Parameters
    ----------
    formats : no ending may be of two.
    default : the one of them that takes files of any other ending; None where those are refused.

    Attributes
    ----------
    by_suffix : ending -> format.
    """

    def __init__(self, *formats: F, default: F | None = None) -> None:
        self._default = default
        self.by_suffix: dict[str, F] = {}
        for one in formats:
            for suffix in one.suffixes:
                if self.by_suffix.setdefault(suffix, one) is not one:
                    raise ValueError(f"{suffix} is of two formats: take it out of one of them")

    def of(self, path: Path) -> F:
        """The format of a file.

        Raises
        ------
        DatasetError
            If the file is missing or of no known ending.
        """
        if not path.is_file():
            raise DatasetError(f"{path} does not exist. Correct the setting or make the file.")
        found = self.by_suffix.get(path.suffix.lower(), self._default)
        if found is None:
            *others, last = self.by_suffix
            raise DatasetError(
                f"{path}: files of the ending {path.suffix!r} are not read; give {', '.join(others)} or {last}"
            )
        return found


@dataclass(frozen=True)
class FrameTime:
    """A time that a tool gives by the number of a frame: when that frame begins.

    Attributes
    ----------
    frame : from 0. The end of an action is the first frame that is no longer of it.
    rate_fps : frames a second by which the tool counts; None where the file does not say.
    counts : ``time``, the number is the player's clock times the rate, rounded; or ``pictures``, the tool decodes
        the video and counts its pictures, so that in a video of varying rate the frame's own time stamp holds.
    """

    frame: int
    rate_fps: float | None = None
    counts: Literal["time", "pictures"] = "time"


@dataclass(frozen=True)
class LabelRow:
    """A labelled action as a file has it.

    Attributes
    ----------
    where : file and row, or what stands for one, for messages.
    video : the video's id, file name or path, see :mod:`vpdlib.interchange.video_names`; of a file that does not
        name its media, the file's own name without ending.
    label : the class, without white space around it.
    start, end : seconds on the player's clock; the number of a frame; or text, see :mod:`vpdlib.interchange.times`.
        Empty: from the beginning, to the end.
    split : train, val or test; empty where the file does not say.
    group : athlete, match or the like, a tool's subject; empty where the file does not say.
    tier : the tier, track, column or layer that it stands in; empty where the format has none.
    annotator : who labelled it, where a file may have several people's labels of one video; empty otherwise.
    is_point : an event without duration; ``end`` is then not looked at.
    other_names : what else the video may be called, where a tool changes names of files.
    media_s : how long the file says that the video is, seconds; None where it does not.
    probability : how sure a program was of it, 0 to 1; None of what people labelled.
    replaces : start and end of an earlier file's label that this row replaces, seconds; with an empty ``label`` it
        takes that one away. None where it names none.
    """

    where: str
    video: str
    label: str
    start: float | str | FrameTime = ""
    end: float | str | FrameTime = ""
    split: str = ""
    group: str = ""
    tier: str = ""
    annotator: str = ""
    is_point: bool = False
    other_names: tuple[str, ...] = ()
    media_s: float | None = None
    probability: float | None = None
    replaces: tuple[float, float] | None = None


@dataclass(frozen=True)
class LabelFile:
    """What a reader makes of a file of labels.

    Attributes
    ----------
    rows : the labelled actions, in the order of the file.
    separator : of a table whose times are text, what is between its columns: ``,``, ``;`` or a tab.
    remarks : what is in the file and is not taken, or is doubtful, a sentence each: said, and put into
        ``problems.csv``.
    without_rate : what is doubtful as long as `labels.fps` is not set; empty where the rate is known.
    corrects : whether it is made to correct earlier files, see :mod:`vpdlib.interchange.later_files`.
    """

    rows: Sequence[LabelRow]
    separator: str = ","
    remarks: Sequence[str] = ()
    corrects: bool = False
    without_rate: str = ""


@dataclass(frozen=True)
class WrittenAction:
    """An action to be written: seconds on the player's clock; frames with ``start <= t < end`` are of it.

    ``probability`` is None of actions that people labelled.
    """

    start_s: float
    end_s: float
    label: str
    probability: float | None = None
    group: str = ""
    split: str = ""


def without_overlap(actions: Sequence[WrittenAction]) -> list[list[WrittenAction]]:
    """Actions in layers within which none overlaps, as few as can be; the first that is free takes each."""
    layers: list[list[WrittenAction]] = []
    for action in sorted(actions, key=lambda one: (one.start_s, one.end_s)):
        free = (layer for layer in layers if layer[-1].end_s <= action.start_s)
        layer = next(free, None)
        if layer is None:
            layers.append([action])
        else:
            layer.append(action)
    return layers


@dataclass(frozen=True)
class WrittenVideo:
    """A video and its actions by start, as writers get them.

    Attributes
    ----------
    video_id : its id.
    path : of the file, absolute where it is known; else its name.
    duration_s, fps, num_frames : length, frames a second, pictures.
    width, height : px of the picture as shown.
    actions : by start.
    picture_times : gives the time stamps of its pictures, (N,) s, for formats that count these; None where they are
        not known, or the rate is constant.
    """

    video_id: str
    path: Path
    duration_s: float
    fps: float
    num_frames: int
    width: int
    height: int
    actions: Sequence[WrittenAction]
    picture_times: Callable[[], np.ndarray] | None = None


@dataclass(frozen=True)
class LabelFormat:
    """A format of labelled actions, found by the content of a file.

    Attributes
    ----------
    name : as `adapter.label_format` has it.
    title : what messages call a file of it, such as "an ELAN annotation document (.eaf)".
    kind : what its files are to :func:`vpdlib.interchange.document.open_document`.
    recognises : whether an opened file of that kind is of this format, from its first lines, root element or keys.
    read : from such a file to its labels. Raises DatasetError, as all readers here do.
    suffix : the ending of the files written.
    write : from videos, a folder that is there and a name to the files written in it: one file of that name, or one
        per video of the video's id. None of a format that is only read. Raises DatasetError where the format cannot
        hold something.
    writes_times : what is written holds names and times alone, so that it can be made without the videos at hand: of
        these ``fps``, ``num_frames``, ``width`` and ``height`` are then 0, and the length that of the last action.
    """

    name: LabelFormatName
    title: str
    kind: Kind
    recognises: Callable[[Document], bool]
    read: Callable[[Document], LabelFile]
    suffix: str = ""
    write: Callable[[Sequence[WrittenVideo], Path, str], Sequence[Path]] | None = None
    writes_times: bool = False


@dataclass(frozen=True)
class StoredArray:
    """What a file has of a video.

    Attributes
    ----------
    values : numbers, one row per frame.
    folder : in front of the video's id.
    facts : what is stated of ``fps``, ``width`` and ``height`` px, numbers above 0.
    where : what stands for the array in messages; empty: the file and the video.
    rows : of a table, frame -> file and row.
    label : the class, by name or number; None where there is none but the folder.
    splits : those that list the video.
    """

    values: np.ndarray
    folder: str = ""
    facts: Mapping[str, float] = field(default_factory=dict)
    where: str = ""
    rows: Mapping[int, str] = field(default_factory=dict)
    label: str | int | None = None
    splits: tuple[str, ...] = ()


@dataclass(frozen=True)
class BoxFormat(Format):
    """A format of the athlete's boxes.

    Attributes
    ----------
    read : from a file, and the videos wanted, to video id -> (T, 4) xyxy px.
    names : of a format with a row per box, the video's name and file and row of each. Such a file may lack whole
        videos, and frames at their end; others must not. It states no facts.
    """

    read: Callable[[Path, Sequence[VideoRow]], Mapping[str, StoredArray]]
    names: Callable[[Path], Iterable[tuple[str, str]]] | None = None


@dataclass(frozen=True)
class KeypointFormat(Format):
    """A format of keypoints.

    Attributes
    ----------
    read : from a file, and the ids of the videos wanted (None: all), to video id -> (T, J, 2) x, y or (T, J, 3) x, y,
        score; joints in the order of the file. It refuses ids by :func:`vpdlib.identifiers.check_key`.
    """

    read: Callable[[Path, Collection[str] | None], Mapping[str, StoredArray]]


#: The facts of a file whose coordinates are fractions of the picture, whatever its size is.
FRACTIONS: Mapping[str, float] = {"width": 1.0, "height": 1.0}


@dataclass(frozen=True)
class ToolKeypoints:
    """What a pose tool's file has of one video.

    Attributes
    ----------
    where : the file, and what stands for the video in it, for messages.
    video : the video's file name or path as the file has it; of a file that does not name its video, the file's own
        name without ending and without what the tool adds.
    values : (T, P, J, 3) float32, x px, y px of the picture as stored, score 0 to 1; (NaN, NaN, 0) where there is no
        joint. Row n is frame n from 0, whatever number the tool gives it.
    joints : the J names, as the file has them.
    is_tracked : place p is the same person in all frames; else people of a frame stand in any order.
    is_whole : the file has a row of every frame; else frames at its end may be missing because nobody was seen.
    individuals : names of the P people, where the file names them.
    other_names : what else the video may be called, where the tool changes names of files.
    facts : what the file states of ``fps``, ``width`` and ``height`` px; `FRACTIONS` where x and y are such.
    remarks : what is in the file and is not taken, or is doubtful, a sentence each.
    """

    where: str
    video: str
    values: np.ndarray
    joints: tuple[str, ...]
    is_tracked: bool
    is_whole: bool
    individuals: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()
    facts: Mapping[str, float] = field(default_factory=dict)
    remarks: Sequence[str] = ()


@dataclass(frozen=True)
class WrittenPoses:
    """A video's keypoints, as writers get them: one person.

    Attributes
    ----------
    video_id, path, fps, width, height : of the video, ``path`` absolute where it is known.
    keypoints_px : (T, 17, 3) float32, COCO-17, x px, y px, score; a row per picture, (NaN, NaN, 0) where there is none.
    boxes_px : (T, 4) xyxy px, NaN where the athlete is not seen.
    """

    video_id: str
    path: Path
    fps: float
    width: int
    height: int
    keypoints_px: np.ndarray
    boxes_px: np.ndarray


@dataclass(frozen=True)
class PoseFormat:
    """A format of a pose tool, found by the content of a file or folder.

    Attributes
    ----------
    name : as `supplied.keypoints_format` has it.
    title : what messages call it.
    recognises : whether a file, or a folder of files that the tool writes for one video, is of this format; by
        content, never by name alone, and without reading it whole.
    read : from such a place to what it has of each video. Raises DatasetError.
    suffix : the ending of the files written.
    write : from videos, a folder that is there and a name to the files written in it. None of a format that is only
        read.
    """

    name: KeypointFormatName
    title: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path], Sequence[ToolKeypoints]]
    suffix: str = ""
    write: Callable[[Sequence[WrittenPoses], Path, str], Sequence[Path]] | None = None


@dataclass(frozen=True)
class ArrayFormat(Format):
    """A format of arrays.

    Attributes
    ----------
    read : from a file, the name of what is asked for, such as "keypoints", where a video has several arrays, and a
        function that tells of a key, a video's id with folders in front, whether it is wanted, and refuses an unsafe
        one, to pairs of a key and an array, whose folder is left empty.
    damage : errors by which a damaged file shows.
    """

    read: Callable[[Path, str, Callable[[str], bool]], Iterator[tuple[str, StoredArray]]]
    damage: tuple[type[Exception], ...] = (OSError,)
