"""Videos that cannot be used: refused together, or left out and listed (the setting ``on_bad_video``).

A video is found unusable where it is listed, before anything heavy, or later, by a stage that opens it again: the file
went away or was replaced meanwhile. What was left out is in ``problems.csv``, with its labelled actions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vpdlib.datasets.base import Action, DatasetError, time_text
from vpdlib.datasets.opening import frames_of, times_of
from vpdlib.datasets.settings import OnBadVideo
from vpdlib.datasets.tables import BrokenRow, ProblemRow, VideoRow, write_rows
from vpdlib.progress import note, track, warn
from vpdlib.video.reader import DecodeReport, Frame, VideoError

#: So many problems of a kind are named in a message; all of them are in the log or in problems.csv.
MAX_NAMED = 40
#: What column ``stage`` of ``problems.csv`` has for a video that was left out, whichever job found it.
LISTING = "list_videos"
#: And for its labelled actions.
LABELS = "prepare_dataset"
REMEDY = "Replace the file, or remove it and its labels."


def named(problems: Sequence[str], others_are_in: str) -> str:
    """The first problems, one a line, and how many more there are and where."""
    more = len(problems) - MAX_NAMED
    shown = [*problems[:MAX_NAMED], *([f"and {more} more ({others_are_in})"] if more > 0 else [])]
    return "\n  ".join(["", *shown])


def refuse_all(problems: Sequence[str], what: str, remedy: str) -> None:
    """Raise one error that names every problem, if there is any.

    Raises
    ------
    DatasetError
        ``what``, the first problems, ``remedy``.
    """
    if not problems:
        return
    for problem in problems:
        note(problem)
    raise DatasetError(f"{what}:{named(problems, 'log')}\n{remedy}")


@dataclass
class BadVideos:
    """What becomes of the videos of a job that cannot be used.

    Attributes
    ----------
    on_bad_video : refuse them, or skip: leave them out.
    rows : of those that were left out.
    """

    on_bad_video: OnBadVideo = "refuse"
    rows: list[ProblemRow] = field(default_factory=list)

    def settle(
        self, reasons: Mapping[str, str], what: str, remedy: str, remedy_of_row: str = REMEDY
    ) -> None:
        """Refuse the videos of ``reasons``, or note that they are left out, and say so in the terminal.

        Parameters
        ----------
        reasons : video -> why it cannot be used; videos of one file have the same.
        what : how many of what cannot be used.
        remedy : of all of them, for the message.
        remedy_of_row : of one.

        Raises
        ------
        DatasetError
            Under ``refuse``, naming every one.
        """
        # Two athletes of one file are two videos, and one broken file.
        problems = list(dict.fromkeys(reasons.values()))
        if self.on_bad_video == "refuse":
            refuse_all(
                problems, what, f"{remedy} Or set on_bad_video: skip, which leaves them out."
            )
            return
        if problems:
            warn(f"{what} and left out:{named(problems, 'problems.csv')}")
        self.rows += [
            ProblemRow(video, "", "", LISTING, f"left out: {reason}", remedy_of_row)
            for video, reason in reasons.items()
        ]


def left_out(rows: Sequence[ProblemRow]) -> dict[str, str]:
    """Of the rows of a table of problems, the videos that were left out, with the reason."""
    return {row.video: row.problem for row in rows if row.stage == LISTING}


def drop_actions(
    actions: Sequence[Action], videos: Mapping[str, str]
) -> tuple[list[Action], list[ProblemRow]]:
    """Take away the labelled actions of videos that were left out, and warn of each.

    Parameters
    ----------
    actions : as an adapter gave them; the end of one that has none is infinite.
    videos : left out -> why.

    Returns
    -------
    The other actions, and a row for each that was taken away.

    Raises
    ------
    DatasetError
        If a class, or the training or test split, had actions and now has none.
    """
    gone = [action for action in actions if action.video_id in videos]
    if not gone:
        return list(actions), []
    kept = [action for action in actions if action.video_id not in videos]
    names = sorted({action.video_id for action in gone})
    where = f"in videos that were left out (on_bad_video: skip):{named([f'{v}: {videos[v]}' for v in names], 'log')}"
    remedy = "Mend one of them, or label others."
    if not kept:
        raise DatasetError(f"all {len(gone)} labelled actions are {where}\n{remedy}")
    for what, before, after in (
        ("class", Counter(a.label for a in gone), {a.label for a in kept}),
        ("split", Counter(str(a.split) for a in gone if a.split), {str(a.split) for a in kept}),
    ):
        for name, count in sorted(before.items()):
            if name not in after and name != "val":
                raise DatasetError(f"all {count} actions of {what} {name!r} are {where}\n{remedy}")
    rows = [
        ProblemRow(
            action.video_id,
            time_text(action.start_s),
            time_text(action.end_s),
            LABELS,
            f"action {action.label} left out ({action.where}): its video cannot be used",
            REMEDY,
        )
        for action in gone
    ]
    warn(
        f"{len(gone)} of {len(actions)} labelled actions are in videos that were left out:"
        + named([problem_line(row) for row in rows], "problems.csv")
    )
    return kept, rows


def problem_line(row: ProblemRow) -> str:
    """A problem as a line of a message: its video and times, where there are some, and what it is."""
    end = f"{row.end} s" if row.end else "its end"
    times = f" {row.start or 0} to {end}" if row.start or row.end else ""
    return f"{row.video}{times}: {row.problem}" if row.video else row.problem


class VideoReading:
    """Reads the videos of a job; one that cannot be used any more is refused, or carried on as empty.

    Parameters
    ----------
    on_bad_video : the setting.
    """

    def __init__(self, on_bad_video: OnBadVideo) -> None:
        self._on_bad_video = on_bad_video
        self._broken: dict[str, str] = {}
        # Those that were opened here, and not passed over because an earlier stage had met them.
        self._met: dict[str, VideoRow] = {}

    def frames(
        self, video: VideoRow, report: DecodeReport | None = None, broken_before: str = ""
    ) -> Iterator[Frame]:
        """The frames of a video; under ``skip`` none of a file that cannot be used, of which the terminal tells.

        Parameters
        ----------
        video : to be read.
        report : see :func:`vpdlib.video.reader.read_frames`.
        broken_before : why an earlier stage could not use it; it is then not opened, since later stages go by what that
            one found.

        Raises
        ------
        VideoError
            Under ``refuse``: the file is gone or broken, or not one frame of it can be decoded.
        """
        if broken_before:
            self._broken[video.path] = broken_before
            return
        found = False
        try:
            for frame in frames_of(video, report=report):
                found = True
                yield frame
            if not found:
                raise VideoError(
                    f"{video.path}: not one frame could be decoded; fetch it again or take it out of the list"
                )
        except VideoError as error:
            self._settle(video, error)

    def tracked_frames(self, video: VideoRow, report: DecodeReport) -> Iterator[Frame]:
        """As :meth:`frames`, with their progress."""
        frames = self.frames(video, report)
        yield from track(frames, video.video, total=video.declared_frames, unit="frame")

    def times(self, video: VideoRow) -> NDArray[np.float64]:
        """When the frames of a video are shown, s; under ``skip`` none of a file that cannot be used.

        Raises
        ------
        DatasetError
            As :func:`vpdlib.datasets.opening.times_of`.
        VideoError
            Under ``refuse``: the file is gone or broken.
        """
        try:
            return times_of(video)
        except VideoError as error:
            self._settle(video, error)
            return np.empty(0)

    def _settle(self, video: VideoRow, error: VideoError) -> None:
        if self._on_bad_video == "refuse":
            raise error
        self._broken[video.path] = str(error)
        self._met[video.video] = video
        warn(
            f"{video.video}: {error}\nIt was all right when it was listed; it is carried on as empty "
            "(on_bad_video: skip)"
        )

    def broken(self, video: VideoRow) -> str:
        """Why a video that was read could not be used; empty where it could."""
        return self._broken.get(video.path, "")

    def write_broken(self, path: str | Path, stage: str, artifact: str | Path) -> None:
        """Write which videos this stage met broken and carried on as empty; a header alone where there is none.

        Parameters
        ----------
        path : of the table, see :mod:`vpdlib.datasets.tables`.
        stage : the rule.
        artifact : what it made.
        """
        rows = [
            BrokenRow(name, video.fingerprint, stage, str(artifact), self.broken(video))
            for name, video in sorted(self._met.items())
        ]
        write_rows(path, rows, BrokenRow)
