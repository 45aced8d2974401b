"""The videos of a shard: what later stages open, independent of labels.

Rows are those of ``videos.csv`` with split and group left empty. Since they do not depend on labels, a changed label
reruns no heavy stage, and an added video only those of its own shard. They hold what tells each file from
another of its name, so that a replaced one reruns them too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from vpdlib.datasets.adapters.published import PublishedAdapter
from vpdlib.datasets.bad_videos import BadVideos
from vpdlib.datasets.base import DatasetError, PoseClip, VideoSource, shard_of
from vpdlib.datasets.paper.protocol import ClipInfo
from vpdlib.datasets.paths import fingerprint_of
from vpdlib.datasets.settings import Deinterlace
from vpdlib.datasets.tables import VideoRow
from vpdlib.progress import note, track, warn
from vpdlib.video.reader import VideoError, VideoInfo, probe
from vpdlib.video.recut import check_clip


def list_files(
    sources: Sequence[VideoSource],
    num_shards: int,
    bad_videos: BadVideos | None = None,
    deinterlace: Deinterlace = "auto",
) -> list[VideoRow]:
    """Rows of video files, after opening each and decoding its first frame.

    What is out of the ordinary in how a file is shown is said.

    Parameters
    ----------
    sources : the files.
    num_shards : of the dataset.
    bad_videos : what becomes of those that cannot be used; None refuses them.
    deinterlace : see :class:`vpdlib.datasets.adapters.folder.FolderAdapter`.

    Raises
    ------
    DatasetError
        Where they are refused: naming every video that cannot be used, and why.
    """
    rows, reasons = [], {}
    for source in track(sources, "checking videos", unit="video"):
        try:
            rows.append(list_file(source, num_shards, deinterlace))
        except VideoError as error:
            reasons[source.video_id] = str(error)
    (bad_videos or BadVideos()).settle(
        reasons,
        f"{len(reasons)} of {len(sources)} videos cannot be used",
        "Replace or remove them.",
    )
    return rows


def list_file(
    source: VideoSource, num_shards: int = 1, deinterlace: Deinterlace = "auto"
) -> VideoRow:
    """The row of one video file, see `list_files`.

    Raises
    ------
    VideoError
        If it cannot be used.
    """
    # Before it is looked at: a file that is replaced meanwhile then differs from its row.
    fingerprint = _fingerprint(source.path)
    info = probe(source.path)
    _tell_presentation(info, deinterlace)
    return VideoRow(
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
        fingerprint=fingerprint,
    )


def _fingerprint(path: Path) -> str:
    """What tells a file from another; empty of one that cannot be read, which its reader says."""
    try:
        return fingerprint_of(path)
    except OSError:
        return ""


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
            f"{info.path}: asks to be rotated by {info.angle_degrees:g} degrees, which is no quarter turn; its corners "
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
    adapter: PublishedAdapter,
    clips: Mapping[str, ClipInfo],
    path_of: Mapping[str, str],
    num_shards: int,
) -> list[VideoRow]:
    """Rows of published clips, by their published facts; no file is opened.

    Parameters
    ----------
    adapter : which dataset; decides the athletes of a clip, and how files are read.
    clips : published facts.
    path_of : clip -> its file; empty where keypoints stand in.
    num_shards : of the dataset.
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
            athlete=athlete,
            deinterlace=adapter.deinterlace,
            # Published labels are numbers of frames.
            clock="picture",
        )
        for clip, info in clips.items()
        for video_id, athlete in adapter.athletes_of(clip)
    ]
    return sorted(rows, key=lambda row: row.video)


def check_clips(
    rows: Sequence[VideoRow],
    adapter: PublishedAdapter,
    bad_videos: BadVideos | None = None,
) -> list[VideoRow]:
    """Compare clips with their published length and rate.

    Parameters
    ----------
    rows : of the clips.
    adapter : which dataset, and how many frames more or fewer are let pass.
    bad_videos : what becomes of clips that differ; None refuses them.

    Returns
    -------
    The rows of clips that are as published, with the fingerprints of their files.

    Raises
    ------
    DatasetError
        Where they are refused: naming every clip that is missing or differs, with what was expected.
    """
    files = {row.path: row for row in rows}
    fingerprints = {path: _fingerprint(Path(path)) for path in files}
    problem_of = {
        path: problem
        for path, row in track(sorted(files.items()), "checking clips", unit="clip")
        if (
            problem := check_clip(
                Path(path), row.declared_frames, row.fps, slack_frames=adapter.max_frame_difference
            )
        )
    }
    how = f"{adapter.docs_page} says how to obtain"
    (bad_videos or BadVideos()).settle(
        {row.video: problem_of[row.path] for row in rows if row.path in problem_of},
        f"{len(problem_of)} of {len(files)} clips are missing or not as published",
        f"{how} them; adapter.only restricts the dataset to those that you have.",
        f"{how} it.",
    )
    return [
        replace(row, fingerprint=fingerprints[row.path])
        for row in rows
        if row.path not in problem_of
    ]


def check_people(
    rows: Sequence[VideoRow],
    clips: Mapping[str, PoseClip],
    bad_videos: BadVideos | None = None,
) -> list[VideoRow]:
    """Look for clips of keypoints in which nobody is, or that the file of keypoints lacks.

    Parameters
    ----------
    rows : of videos that keypoints stand in for.
    clips : the keypoints.
    bad_videos : what becomes of clips without anybody; None refuses them. A clip that is not there is left out with
        them, and otherwise for the stage that wants it to refuse.

    Returns
    -------
    The rows of the others.

    Raises
    ------
    DatasetError
        Where they are refused: naming every clip in which nobody is.
    """
    bad_videos = bad_videos or BadVideos()
    reasons = {
        row.video: f"{row.video}: nobody is in its keypoints: no joint of its "
        f"{len(clips[row.video].keypoints_px)} frames has a place"
        for row in rows
        if row.video in clips
        and not np.isfinite(clips[row.video].keypoints_px[..., :2]).all(axis=-1).any()
    }
    if bad_videos.on_bad_video == "skip":
        reasons |= {
            row.video: f"{row.video}: no keypoints" for row in rows if row.video not in clips
        }
    bad_videos.settle(
        reasons,
        f"{len(reasons)} of {len(rows)} clips of keypoints cannot be used",
        "Take them out of the file and of the labels, or look at what the tool that made them says of them.",
        "Take it out of the file and of the labels, or give keypoints.",
    )
    return [row for row in rows if row.video not in reasons]
