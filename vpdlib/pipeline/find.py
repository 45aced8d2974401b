"""Every action in videos that nobody has labelled, by a shared model: ``python -m vpdlib find``.

Videos are done one after the other, each stage by stage (:mod:`vpdlib.pipeline.stages`). Below the folder of results
lie ``found.csv`` and ``found.json``, ``overlays/<video>.mp4``, ``clips/<class>/<video>_<start>-<end>.mp4`` and, to go
on after an interruption, ``work/<video>/``. No pictures of a whole video are held: they pass through, or lie in
artifacts.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import vpdlib
from vpdlib.artifacts import ArtifactError, digest_inputs, read_artifact
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.atomic import write_text
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.base import DatasetError, VideoSource, check_sources
from vpdlib.datasets.listing import list_file
from vpdlib.datasets.tables import VideoRow
from vpdlib.devices import DeviceChoice, choose_device
from vpdlib.finding.clips import clip_path, cut_found
from vpdlib.finding.finder_record import FinderRecord
from vpdlib.finding.found_videos import read_found_videos
from vpdlib.finding.listing import found_rows
from vpdlib.finding.settings import ClipSettings
from vpdlib.finding.table import FoundRow, write_found
from vpdlib.pipeline.model import SharedModel, read_model
from vpdlib.pipeline.networks import make_ready
from vpdlib.pipeline.stages import Stage, Tools, is_current, provenance_of, stages_of
from vpdlib.progress import note, warn
from vpdlib.provenance import digest_settings
from vpdlib.report.found_overlay import write_found_overlay
from vpdlib.video.reader import VideoError

WORK = "work"
_OVERLAYS, _CLIPS = "overlays", "clips"
_SCHEMA_NAME = "vpd-found-1"
#: What was made of a video beside its artifacts, and from what.
_MADE = "made.json"


@dataclass(frozen=True)
class FindOptions:
    """What is wanted, and how it is done.

    Attributes
    ----------
    out : folder of the results.
    networks_dir : where networks are that a model does not hold; what is missing is fetched there.
    downloads_dir : a cache of downloads that may hold them, or None.
    overlay : write a video with what was found.
    clips : cut the found actions out.
    tidy : remove a video's artifacts once its results are there.
    device : where torch's networks run.
    threads : threads one call may use.
    """

    out: Path
    networks_dir: Path
    downloads_dir: Path | None = None
    overlay: bool = True
    clips: bool = False
    tidy: bool = False
    device: DeviceChoice = "auto"
    threads: int = 1


@dataclass(frozen=True)
class Failed:
    """A video that could not be used, and why."""

    path: Path
    reason: str


def find_in_videos(folder: Path, videos: Sequence[Path], options: FindOptions) -> list[Failed]:
    """Find the actions in videos.

    Parameters
    ----------
    folder : of a shared model.
    videos : files; one that turns out to be broken is passed over.
    options : see `FindOptions`.

    Returns
    -------
    The videos that could not be used.

    Raises
    ------
    DatasetError
        Before anything is done: a file is not there, two have one name, or a name is none that a file of results can
        have.
    FileNotFoundError, ValueError
        If the model or a network cannot be used.
    """
    sources = _sources(videos)
    if options.device == "cuda" and choose_device("auto") != "cuda":
        raise ValueError(
            "--device cuda: torch finds no CUDA device here. Install the CUDA build of torch, or leave it out."
        )
    model = read_model(folder)
    make_ready(model.record.networks, options.networks_dir, options.downloads_dir)
    tools = Tools(model, options.networks_dir, options.device, options.threads)
    finder = model.finder_record
    rows: list[FoundRow] = []
    done: list[VideoRow] = []
    failed: list[Failed] = []
    for number, source in enumerate(sources, start=1):
        note(f"video {number} of {len(sources)}: {source.path}")
        try:
            video = list_file(source, deinterlace=model.settings.deinterlace)
            of_video = _find_in_video(video, tools, finder, options)
        except VideoError as error:
            warn(f"{error}\nIt is passed over.")
            failed.append(Failed(source.path, str(error)))
        else:
            rows += of_video
            done.append(video)
        # After each: whoever stops here has what was found so far.
        write_found(options.out / "found.csv", rows)
        _write_json(model, finder, rows, done, failed, options)
    note(f"{len(rows)} actions found in {len(done)} videos: {options.out / 'found.csv'}")
    return failed


def _sources(videos: Sequence[Path]) -> list[VideoSource]:
    """The files in the order given, each once."""
    paths = list(dict.fromkeys(videos))
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise DatasetError(
            f"there is no such video: {', '.join(missing)}. Correct the name; a folder is not taken, name its files."
        )
    sources = [VideoSource(path.stem, path) for path in paths]
    check_sources(sources, "the videos given")
    return sources


def _find_in_video(
    video: VideoRow, tools: Tools, finder: FinderRecord, options: FindOptions
) -> list[FoundRow]:
    """Run a video's stages and write its pictures; return its rows of ``found.csv``."""
    folder = options.out / WORK / video.video
    _tell_space(video, tools.model, options.out)
    stages = stages_of(video, folder, tools)
    try:
        for number, stage in enumerate(stages, start=1):
            _run(stage, video, f"{video.video}, {number} of {len(stages)}: {stage.what}")
        found = read_found_videos([stages[-1].path])
    except ArtifactError as error:
        raise ValueError(
            f"{error}\nHere no rule makes it: remove {folder}, and give the same command again."
        ) from error
    rows = found_rows(found, finder.threshold, [video])
    if options.overlay:
        _overlay(video, rows, folder, tools, finder, options)
    if options.clips:
        _clips(video, rows, folder, options)
    if options.tidy:
        shutil.rmtree(folder)
        _remove_if_empty(options.out / WORK)
    return rows


def _run(stage: Stage, video: VideoRow, title: str) -> None:
    if is_current(stage, video):
        note(f"{title}: is there already")
        return
    note(title)
    stage.make(stage.path, provenance_of(stage, video))


def _overlay(
    video: VideoRow,
    rows: Sequence[FoundRow],
    folder: Path,
    tools: Tools,
    finder: FinderRecord,
    options: FindOptions,
) -> None:
    path = options.out / _OVERLAYS / f"{video.video}.mp4"
    artifacts = [folder / "tracks.h5", folder / "found.h5"]
    if tools.model.settings.needs_poses:
        artifacts.append(folder / "poses.h5")
    digest = digest_settings([digest_inputs(artifacts), [asdict(row) for row in rows]])
    if path.is_file() and _made(folder).get("overlay") == digest:
        note(f"{path} is there already")
        return
    note(f"{video.video}: drawing what was found")
    with read_artifact(artifacts[0], Tracks) as tracks:
        box_px, origin = tracks[video.video].box_px, tracks[video.video].origin
    keypoints_px = None
    if tools.model.settings.needs_poses:
        with read_artifact(artifacts[2], Poses) as poses:
            keypoints_px = np.full((len(box_px), 17, 3), np.nan, np.float32)
            keypoints_px[poses[video.video].frame] = poses[video.video].keypoints_px
    write_found_overlay(
        VideoReading("refuse").frames(video),
        video,
        path,
        box_px,
        origin,
        rows,
        finder.class_names,
        keypoints_px,
    )
    _remember(folder, overlay=digest)


def _clips(video: VideoRow, rows: Sequence[FoundRow], folder: Path, options: FindOptions) -> None:
    clips = options.out / _CLIPS
    names = [str(clip_path(row)) for row in rows]
    digest = digest_settings([digest_inputs([folder / "found.h5"]), names])
    made = _made(folder)
    if made.get("clips") == digest and all((clips / name).is_file() for name in names):
        note(f"{video.video}: its clips are there already")
        return
    # Those of another model, which may have found less.
    for name in made.get("clip_names", []):
        (clips / name).unlink(missing_ok=True)
        _remove_if_empty((clips / name).parent)
    note(f"{video.video}: cutting clips")
    cut_found(rows, [video], clips, ClipSettings(), VideoReading("refuse"))
    _remember(folder, clips=digest, clip_names=names)


def _made(folder: Path) -> dict[str, Any]:
    path = folder / _MADE
    if not path.is_file():
        return {}
    made: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return made


def _remember(folder: Path, **made: Any) -> None:
    write_text(folder / _MADE, json.dumps({**_made(folder), **made}, indent=2) + "\n")


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _tell_space(video: VideoRow, model: SharedModel, out: Path) -> None:
    """Warn where the crops of a video may not fit on the disk."""
    settings = model.settings
    if not settings.needs_crops:
        return
    of_frame = settings.crops.size**2 * (2 * 3 + 2 * settings.needs_flow)
    needed = of_frame * video.declared_frames
    out.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(out).free
    if needed > free:
        warn(
            f"{video.video}: crops may take up to {needed / 1e9:.1f} GB below {out / WORK}, where {free / 1e9:.1f} GB "
            "are free. Make room, or name another folder by --out."
        )


def _write_json(
    model: SharedModel,
    finder: FinderRecord,
    rows: Sequence[FoundRow],
    done: Sequence[VideoRow],
    failed: Sequence[Failed],
    options: FindOptions,
) -> None:
    """The same as ``found.csv``, by video, with what the videos and the model are."""
    settings = model.settings

    def action(row: FoundRow) -> dict[str, Any]:
        content = asdict(row)
        # What follows from the video, and labels, of which there are none.
        for name in ("video", "athlete", "labelled"):
            del content[name]
        score = content["detection_score"]
        content["detection_score"] = float(score) if score else None
        clip = Path(_CLIPS) / clip_path(row)
        has_clip = options.clips and (options.out / clip).is_file()
        content["clip"] = clip.as_posix() if has_clip else None
        return content

    content = {
        "schema_name": _SCHEMA_NAME,
        "vpdlib_version": vpdlib.__version__,
        "model": {
            "title": settings.title,
            "method": settings.method,
            "head": settings.head,
            "digest": digest_settings(model.record.sha256),
            "classes": list(finder.class_names),
            "threshold": finder.threshold,
        },
        "videos": [
            {
                "video": video.video,
                "path": video.path,
                "fps": video.fps,
                "width": video.width,
                "height": video.height,
                "frames": video.declared_frames,
                "duration_s": video.duration_s,
                "overlay": f"{_OVERLAYS}/{video.video}.mp4" if options.overlay else None,
                "actions": [action(row) for row in rows if row.video == video.video],
            }
            for video in done
        ],
        "failed": [{"path": str(one.path), "reason": one.reason} for one in failed],
    }
    write_text(options.out / "found.json", json.dumps(content, indent=2) + "\n")
