"""The videos of a shard: what later stages open, independent of labels.

Rows are those of ``videos.csv`` with split and group left empty. Since they do not depend on labels, a changed label
reruns no heavy stage, and an added video only those of its own shard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from vpdlib.datasets.base import DatasetError, VideoSource, shard_of
from vpdlib.datasets.keypoints import PoseClip
from vpdlib.datasets.paper.clips import athletes_of
from vpdlib.datasets.paper.files import PaperName
from vpdlib.datasets.paper.protocol import ClipInfo
from vpdlib.datasets.settings import Deinterlace
from vpdlib.datasets.tables import VideoRow
from vpdlib.progress import note, track, warn
from vpdlib.video.reader import VideoError, VideoInfo, probe
from vpdlib.video.recut import check_clip

#: So many problems are named in a message; all of them are in the log.
MAX_NAMED = 40


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
    more = len(problems) - MAX_NAMED
    shown = [*problems[:MAX_NAMED], *([f"and {more} more (log)"] if more > 0 else [])]
    raise DatasetError(f"{what}:\n  " + "\n  ".join(shown) + f"\n{remedy}")


def list_files(
    sources: Sequence[VideoSource], num_shards: int, deinterlace: Deinterlace = "auto"
) -> list[VideoRow]:
    """Rows of video files, after opening each and decoding its first frame.

    What is out of the ordinary in how a file is shown is said.

    Raises
    ------
    DatasetError
        Naming every video that cannot be used, and why.
    """
    rows, bad = [], []
    for source in track(sources, "checking videos", unit="video"):
        try:
            info = probe(source.path)
        except VideoError as error:
            bad.append(str(error))
            continue
        _tell_presentation(info, deinterlace)
        rows.append(
            VideoRow(
                video=source.video_id,
                path=str(source.path),
                shard=shard_of(source.video_id, num_shards),
                fps=info.fps,
                width=info.width,
                height=info.height,
                declared_frames=info.declared_frames,
                duration_s=info.duration_s,
                split="",
                group="",
                deinterlace=deinterlace,
            )
        )
    refuse_all(
        bad, f"{len(bad)} of {len(sources)} videos cannot be used", "Replace or remove them."
    )
    return rows


def _tell_presentation(info: VideoInfo, deinterlace: Deinterlace) -> None:
    if info.interlaced and deinterlace == "never":
        warn(
            f"{info.path}: is interlaced, and `adapter.deinterlace: never` leaves moving athletes torn into lines; "
            "set it to auto, unless the camera marks progressive pictures as interlaced"
        )
    elif info.interlaced:
        note(f"{info.path}: is interlaced; its frames are deinterlaced")
    if info.angle_degrees:
        warn(
            f"{info.path}: asks to be turned by {info.angle_degrees:g} degrees, which is no quarter turn; its corners "
            "are cut off, as FFmpeg does. If players show it otherwise, encode it anew."
        )
    if info.pixel_aspect != 1:
        note(
            f"{info.path}: its pixels are {info.pixel_aspect:.3f} times as wide as high; frames are scaled to "
            f"{info.width} x {info.height} px, as players show them"
        )


def list_keypoints(
    clips: Mapping[str, PoseClip], num_shards: int, default_fps: float | None
) -> list[VideoRow]:
    """Rows of keypoints that stand in for videos.

    Raises
    ------
    DatasetError
        For a clip without a frame rate.
    """
    rows = []
    for video_id, clip in sorted(clips.items()):
        fps = clip.fps or default_fps
        if fps is None:
            raise DatasetError(
                f"adapter.fps: the keypoints of {video_id!r} say no frame rate. Set adapter.fps."
            )
        num_frames = len(clip.keypoints_px)
        rows.append(
            VideoRow(
                video=video_id,
                path="",
                shard=shard_of(video_id, num_shards),
                fps=fps,
                width=clip.width or 0,
                height=clip.height or 0,
                declared_frames=num_frames,
                duration_s=num_frames / fps,
                split="",
                group="",
            )
        )
    return rows


def list_clips(
    kind: PaperName,
    clips: Mapping[str, ClipInfo],
    path_of: Mapping[str, str],
    num_shards: int,
    deinterlace: Deinterlace = "auto",
) -> list[VideoRow]:
    """Rows of published clips, by their published facts; no file is opened.

    Parameters
    ----------
    kind : which dataset; decides the athletes of a clip.
    clips : published facts.
    path_of : clip -> its file; empty where keypoints stand in.
    num_shards : of the dataset.
    deinterlace : how files are read.
    """
    rows = [
        VideoRow(
            video=video_id,
            path=path_of.get(clip, ""),
            # Athletes of one file go to one shard, where the file is looked through once.
            shard=shard_of(clip, num_shards),
            fps=info.fps,
            width=info.width,
            height=info.height,
            declared_frames=info.num_frames,
            duration_s=info.num_frames / info.fps,
            split="",
            group="",
            athlete=athlete,
            deinterlace=deinterlace,
            # Published labels are numbers of frames.
            clock="picture",
        )
        for clip, info in clips.items()
        for video_id, athlete in athletes_of(kind, clip)
    ]
    return sorted(rows, key=lambda row: row.video)


def check_clips(rows: Sequence[VideoRow], kind: PaperName, max_frame_difference: int) -> None:
    """Compare clips with their published length and rate.

    Raises
    ------
    DatasetError
        Naming every clip that is missing or differs, with what was expected.
    """
    files = {row.path: row for row in rows}
    problems = [
        problem
        for path, row in track(sorted(files.items()), "checking clips", unit="clip")
        if (
            problem := check_clip(
                Path(path), row.declared_frames, row.fps, slack_frames=max_frame_difference
            )
        )
    ]
    refuse_all(
        problems,
        f"{len(problems)} of {len(files)} clips are missing or not as published",
        f"docs/datasets/{kind}.md says how to obtain them; adapter.only restricts the dataset to those that "
        "you have.",
    )
