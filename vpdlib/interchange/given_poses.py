"""All keypoints that the settings name, of files of one's own and of pose tools, as clips of COCO-17.

Which video a pose tool's file is of is told by the name that is in it, or by its own; which joint is which by their
names. A file of several people keeps them all: tracking chooses (:mod:`vpdlib.interchange.choose_person`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vpdlib.datasets.bad_videos import MAX_NAMED, named
from vpdlib.datasets.base import DatasetError, PoseClip, VideoSource
from vpdlib.datasets.settings import KeypointSettings
from vpdlib.datasets.tables import ProblemRow, VideoRow
from vpdlib.datasets.video_files import VIDEO_SUFFIXES
from vpdlib.identifiers import check_id
from vpdlib.interchange.formats import PoseFormat, ToolKeypoints
from vpdlib.interchange.joint_names import match_joints, replaced_joints, usual_joint
from vpdlib.interchange.keypoints import ORDERS, read_keypoints
from vpdlib.interchange.pose_places import pose_places
from vpdlib.interchange.video_names import VideoNames, path_named
from vpdlib.progress import note, warn
from vpdlib.skeleton import COCO17, JOINTS13, TORSO13

#: Without them no pose can be centred and scaled.
_TORSO = tuple(JOINTS13[place] for place in TORSO13)
#: Two files of one run, a table and an HDF5 file, differ by rounding alone, px.
_SAME_PX = 0.01


@dataclass(frozen=True)
class GivenPoses:
    """The keypoints of a dataset, or of some of its videos.

    Attributes
    ----------
    path : what messages name: the file, or what all places have in common.
    clips : video id -> keypoints.
    absent : those of the 13 joints that no frame of any file has; empty where one file is no pose tool's.
    remarks : what is not taken or doubtful, of all files: file and sentence.
    unknown : names of videos that are none of those asked for, each with its file.
    """

    path: Path
    clips: Mapping[str, PoseClip]
    absent: tuple[str, ...] = ()
    remarks: Sequence[str] = ()
    unknown: Mapping[str, str] = field(default_factory=dict)


def read_poses(
    places: Sequence[Path],
    settings: KeypointSettings,
    fps: float | None = None,
    videos: Sequence[VideoRow] | None = None,
    own_files: bool = True,
) -> GivenPoses:
    """Read keypoints.

    Parameters
    ----------
    places : files, and folders of them.
    settings : how they are read.
    fps : frames a second, where a file does not say.
    videos : those wanted; None for all, whose ids are then the names that the files give them.
    own_files : whether npz, HDF5 and PySKL files are read, which may be large.

    Raises
    ------
    DatasetError
        If a file is missing, damaged, of no format that is read or of none of the videos, two files are of one video,
        joints cannot be told, or a shoulder or hip is in no file.
    """
    found = list(pose_places(places, settings.keypoints_format))
    reader = _Reader(settings, fps, videos)
    tools = [(place, form) for place, form in found if form is not None]
    own = [place for place, form in found if form is None]
    if own and (settings.joint_map or settings.individual):
        raise DatasetError(
            f"{own[0]}: joint_map and individual are for files of pose tools, which name joints and people. Take them "
            "out of the settings."
        )
    for place, form in tools:
        reader.take_tool(place, form, places)
    reader.check_joints()
    for place in own if own_files else ():
        reader.take_own(place, alone=len(found) == 1)
    path = places[0] if len(places) == 1 else places[0].parent
    if not reader.clips and not reader.names and own_files:
        raise DatasetError(f"{path} holds no keypoints of any video.")
    return GivenPoses(
        path,
        reader.clips,
        () if own else reader.absent,
        reader.remarks,
        reader.unknown,
    )


class _Reader:
    """The keypoints of one call, file by file."""

    def __init__(
        self, settings: KeypointSettings, fps: float | None, videos: Sequence[VideoRow] | None
    ) -> None:
        self.settings, self.fps = settings, fps
        self.ids: Collection[str] | None = None
        self.video_names: VideoNames | None = None
        #: Name of a video's file without ending -> the ids of the athletes who are followed in it, mostly one.
        self.athletes_in: dict[str, list[str]] = defaultdict(list)
        #: Whether keypoints stand in for the videos, which are then called by their names without an ending.
        self.stand_in = videos is not None and not all(video.path for video in videos)
        if videos is not None:
            self.ids = {video.video for video in videos}
            for video in videos:
                if video.path:
                    self.athletes_in[Path(video.path).stem].append(video.video)
            self.video_names = VideoNames(list(_sources(videos)), any_folder=True)
        self.clips: dict[str, PoseClip] = {}
        self.file_of: dict[str, str] = {}
        #: Of all joints of pose tools' files: those that are matched, those that are there in a frame, all names.
        self.matched: set[str] = set()
        self.seen: set[str] = set()
        self.names: dict[str, str] = {}
        #: Joints by a usual name of which `joint_map` says that another one is it, each with COCO's name.
        self.replaced: set[tuple[str, str]] = set()
        self.remarks: list[str] = []
        self.unknown: dict[str, str] = {}

    @property
    def absent(self) -> tuple[str, ...]:
        if not self.names:
            return ()
        return tuple(name for name in JOINTS13 if name not in self.seen)

    def take_own(self, place: Path, alone: bool) -> None:
        """Take the clips of a file of one's own; one of several need not hold any of the videos asked for."""
        only = self.ids if alone else None
        clips = read_keypoints(place, self.settings.joint_names, self.fps, only)
        for video_id, clip in clips.items():
            if self.ids is None or video_id in self.ids:
                self._add(video_id, clip, str(place))

    def take_tool(self, place: Path, form: PoseFormat, places: Sequence[Path]) -> None:
        """Take what a pose tool's file or folder has of those videos that are asked for."""
        for given in form.read(place):
            rows = self._rows(given)
            there = np.isfinite(given.values[..., :2]).all(axis=(-1))
            self.seen |= {ours for ours, row in rows.items() if there[..., row].any()}
            self.matched |= set(rows)
            self.replaced |= replaced_joints(given.joints, self.settings.joint_map)
            for name in given.joints:
                self.names.setdefault(name, given.where)
            video_ids = self._videos_of(given)
            self.remarks += [f"{given.where}: {remark}" for remark in given.remarks]
            if not video_ids:
                self.unknown[given.video] = given.where
                continue
            folder = ""
            inside = [root for root in places if root != place and place.is_relative_to(root)]
            if inside and place.parent != inside[0]:
                folder = place.parent.name
            clip = PoseClip(
                self._arranged(given, rows),
                fps=given.facts.get("fps", self.fps),
                width=_whole(given.facts.get("width")),
                height=_whole(given.facts.get("height")),
                label=folder or None,
                folder=folder,
                file_name=path_named(given.video).name,
                may_end_early=not given.is_whole,
            )
            for video_id in video_ids:
                self._add(video_id, clip, given.where)

    def check_joints(self) -> None:
        """Look at the joints of all pose tools' files together: what must be there is, what is not taken is said."""
        if not self.names:
            return
        wrong = [name for name in self.settings.joint_map if name not in self.names]
        first = next(iter(self.names.values()))
        known = ", ".join(map(repr, list(self.names)[:40]))
        if wrong:
            raise DatasetError(
                f"joint_map names {wrong[0]!r}, a joint that no file has; {first} has {known}. Correct the entry."
            )
        missing = [name for name in _TORSO if name not in self.seen]
        if missing:
            how = "in no frame of any file" if missing[0] in self.matched else "in no file"
            raise DatasetError(
                f"{first}: {', '.join(missing)}: {how}, and without shoulders and hips no pose can be scaled. Its "
                f"joints are {known}. Name them in joint_map, as in joint_map: {{{next(iter(self.names))}: "
                f"{missing[0]}}}, or track them too."
            )
        others = [
            name for name in self.names if name not in self.settings.joint_map and _is_other(name)
        ]
        if others:
            self.remarks.append(
                f"{first}: joints that are none of COCO's are not taken: {', '.join(others[:40])}. If one is, name it "
                "in joint_map."
            )
        self.remarks += [
            f"{first}: the joint {theirs!r} is not taken: joint_map says that another one is {ours}"
            for theirs, ours in sorted(self.replaced)
        ]
        if self.absent:
            self.remarks.append(
                f"{first}: {', '.join(self.absent)}: in no frame of any file; in every pose such a "
                "joint lies in the middle of the hips, so that nothing is learnt of it. If a joint of the file is "
                "meant, name it in joint_map."
            )

    def _rows(self, given: ToolKeypoints) -> dict[str, int]:
        """COCO's names -> rows of a file's joints: by name, or in the order that the settings insist on."""
        if self.settings.joint_names == "auto":
            return match_joints(given.joints, self.settings.joint_map, given.where)
        order = ORDERS[self.settings.joint_names]
        if len(order) != len(given.joints):
            raise DatasetError(
                f"{given.where}: {len(given.joints)} joints ({', '.join(given.joints[:20])}), and joint_names "
                f"{self.settings.joint_names} is an order of {len(order)}. Set joint_names to auto."
            )
        return {name: row for row, name in enumerate(order) if name in COCO17}

    def _videos_of(self, given: ToolKeypoints) -> list[str]:
        """The id of a file's video, or those of the athletes in it; none where it is none of those asked for."""
        if self.video_names is not None:
            names = [given.video, *given.other_names]
            if self.stand_in:
                names += [_stem(name) for name in names]
            for name in names:
                found = self.video_names.look_for(name, given.where)
                if found is not None:
                    return self.athletes_in.get(found.video_id, [found.video_id])
            return []
        try:
            return [check_id(_stem(given.video), "video id", given.where)]
        except ValueError as error:
            raise DatasetError(str(error)) from error

    def _arranged(self, given: ToolKeypoints, rows: Mapping[str, int]) -> np.ndarray:
        """(T, 17, 3), or (T, P, 17, 3) where it has several people."""
        values = given.values
        if values.ndim != 4 or values.shape[2:] != (len(given.joints), 3) or not len(values):
            raise DatasetError(
                f"{given.where}: no frame of {len(given.joints)} joints. Export it again."
            )
        values = self._individual(given)
        with np.errstate(invalid="ignore"):
            there = np.isfinite(values[..., :2]).all(axis=3)
            score = np.where(there, np.nan_to_num(values[..., 2], nan=0.0, posinf=1.0), 0.0)
        outside = (score < 0) | (score > 1)
        if outside.any():
            low, high = score[outside].min(), score[outside].max()
            self.remarks.append(
                f"{given.where}: scores from {low:g} to {high:g} are brought into 0 to 1 ({outside.sum()} joints)"
            )
        people = np.full((*values.shape[:2], len(COCO17), 3), (np.nan, np.nan, 0.0), np.float32)
        for ours, row in rows.items():
            place = COCO17.index(ours)
            people[:, :, place, :2] = np.where(
                there[:, :, row, None], values[:, :, row, :2], np.nan
            )
            people[:, :, place, 2] = np.clip(score[:, :, row], 0, 1)
        is_somebody = np.isfinite(people[..., 0]).any(axis=(0, 2))
        if is_somebody.any():
            people = people[:, is_somebody]
        return people[:, 0] if people.shape[1] == 1 else people

    def _individual(self, given: ToolKeypoints) -> np.ndarray:
        wanted = self.settings.individual
        # A file of one person without a name is of that one.
        if wanted is None or (not given.individuals and given.values.shape[1] == 1):
            return given.values
        if wanted not in given.individuals:
            named = ", ".join(map(repr, given.individuals[:20])) or "none by name"
            raise DatasetError(
                f"{given.where}: there is no individual {wanted!r}; the file has {named}. Correct `individual`, or "
                "leave it out to take whom tracking follows."
            )
        place = given.individuals.index(wanted)
        return given.values[:, place : place + 1]

    def _add(self, video_id: str, clip: PoseClip, where: str) -> None:
        other = self.clips.get(video_id)
        if other is None:
            self.clips[video_id], self.file_of[video_id] = clip, where
            return
        first = self.file_of[video_id]
        a, b = other.keypoints_px, clip.keypoints_px
        if a.shape != b.shape or not np.allclose(a, b, rtol=0, atol=_SAME_PX, equal_nan=True):
            raise DatasetError(
                f"{where}: keypoints of {video_id!r}, which {first} has too, and others. Name the file to take, or "
                "move the other one away."
            )
        self.remarks.append(f"{where}: has the same keypoints as {first}; taken once")


def _sources(videos: Sequence[VideoRow]) -> Iterator[VideoSource]:
    """Videos as their names are compared: files, and athletes of a file who have another id than its name."""
    files = {Path(video.path).stem: Path(video.path) for video in videos if video.path}
    yield from (VideoSource(stem, path) for stem, path in files.items())
    for video in videos:
        if video.video not in files:
            yield VideoSource(video.video, Path(video.video))


def _is_other(name: str) -> bool:
    """Whether a joint is none of COCO's by its name."""
    return usual_joint(name) is None


def _stem(named: str) -> str:
    """The name of a video's file without its ending."""
    path = path_named(named)
    return path.stem if path.suffix.lower() in VIDEO_SUFFIXES else path.name


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def tell(given: GivenPoses) -> None:
    """Put into the log what is not taken of files of keypoints."""
    for remark in given.remarks:
        note(remark)


def remarks_on(given: GivenPoses) -> list[ProblemRow]:
    """Tell of what is not taken or doubtful, once for all files: a row of ``problems.csv`` each."""
    for remark in given.remarks[:MAX_NAMED]:
        warn(remark)
    if len(given.remarks) > MAX_NAMED:
        warn(f"{len(given.remarks)} such remarks on keypoints; problems.csv has all")
    return [_problem(remark, "Leave it, or correct it in the tool.") for remark in given.remarks]


def check_pose_names(given: GivenPoses, left_out: Collection[str] = ()) -> list[ProblemRow]:
    """Tell of files of pose tools that are of no video of the dataset.

    Parameters
    ----------
    given : the keypoints, read for all videos.
    left_out : ids of videos that are not used, whose files are none to tell of.

    Raises
    ------
    DatasetError
        If none of them is of one.
    """
    unknown = {
        name: where
        for name, where in given.unknown.items()
        if not {path_named(name).name, path_named(name).stem} & set(left_out)
    }
    if not unknown:
        return []
    name, where = next(iter(unknown.items()))
    if not given.clips:
        raise DatasetError(
            f"{where}: there is no video {name!r}, and no other file of keypoints is of a video of the dataset either. "
            "Rename the videos or the files."
        )
    rows = [
        _problem(
            f"{where}: there is no video {name!r}; its keypoints are not used",
            "Correct the name; leave it if the keypoints are of more videos than the dataset.",
        )
        for name, where in unknown.items()
    ]
    warn(
        f"{len(rows)} files of keypoints are of no video of the dataset:"
        + named([row.problem for row in rows], "problems.csv")
    )
    return rows


def _problem(problem: str, remedy: str) -> ProblemRow:
    return ProblemRow("", "", "", "prepare_dataset", problem, remedy)
