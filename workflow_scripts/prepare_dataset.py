"""Check a dataset's labels against its videos; write its tables."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import _job
import numpy as np
from numpy.typing import NDArray

from vpdlib.datasets.adapters import parse_adapter
from vpdlib.datasets.adapters.base import BaseAdapter, LabelledAdapter, VideosToLabel
from vpdlib.datasets.adapters.published import PublishedAdapter
from vpdlib.datasets.bad_videos import BadVideos, left_out, refuse_all
from vpdlib.datasets.base import PoseClip, VideoSource
from vpdlib.datasets.listing import list_clips
from vpdlib.datasets.paper.files import find_label_files, published_numbers
from vpdlib.datasets.paper.protocol import PaperDataset
from vpdlib.datasets.paths import DataFolder
from vpdlib.datasets.prepare import Prepared, prepare, prepare_paper
from vpdlib.datasets.settings import KeypointSettings, LabelSettings
from vpdlib.datasets.split import group_of, split_by_group
from vpdlib.datasets.tables import ProblemRow, VideoRow, read_problems, read_videos
from vpdlib.interchange.boxes import check_box_names, ends_early
from vpdlib.interchange.given_poses import check_pose_names, read_poses, remarks_on
from vpdlib.interchange.labels import labelled_actions
from vpdlib.video.reader import frame_times


def listed(snakemake) -> list[VideoRow]:
    """The videos of all shards."""
    rows = [row for path in snakemake.input.shards for row in read_videos(path)]
    return sorted(rows, key=lambda row: row.video)


def passed_over(snakemake) -> dict[str, str]:
    """The videos that all shards left out, with the reason."""
    return left_out([row for path in snakemake.input.problems for row in read_problems(path)])


def times_of(rows: list[VideoRow]) -> Callable[[str], NDArray[np.float64]]:
    """From a video's id to the time stamps of its pictures, for labels that count these."""
    row_of = {row.video: row for row in rows}

    @cache
    def times(video_id: str) -> NDArray[np.float64]:
        row = row_of[video_id]
        return frame_times(row.path, row.clock)

    return times


def prepare_labelled(adapter: LabelledAdapter, paths: DataFolder, snakemake) -> Prepared:
    """The tables of a dataset whose labels the user brings."""
    classes, seed = snakemake.params.classes, snakemake.params.seed
    rows = listed(snakemake)
    bad = passed_over(snakemake)
    clips: Mapping[str, PoseClip] = {}
    problems: list[ProblemRow] = []
    if adapter.has_videos:
        place = paths.under_data(adapter.video_folder)
        sources = [VideoSource(row.video, Path(row.path)) for row in rows]
        if bad:
            # Labels may name them by their files, too.
            found = adapter.find_videos(paths, classes)
            sources += [source for source in found if source.video_id in bad]
    else:
        names, reading = adapter.keypoints_given
        given = read_poses([paths.under_data(name) for name in names], reading, adapter.fps)
        place, clips = given.path, given.clips
        sources = adapter.sources_in(place, clips)
        problems += remarks_on(given)
    prepared = prepare(
        rows,
        lambda durations_s: labelled_actions(
            adapter,
            paths,
            VideosToLabel(
                place,
                sources,
                clips,
                durations_s,
                classes,
                {row.video: row.fps for row in rows},
                times_of(rows) if adapter.has_videos else None,
                LabelSettings(**snakemake.params.labels),
            ),
            problems,
        ),
        classes,
        partial(
            split_by_group,
            test_fraction=adapter.test_fraction,
            val_fraction=adapter.val_fraction,
            seed=seed,
        ),
        (lambda row: group_of(row.video, adapter.group_pattern, row.path))
        if adapter.groups_unlabelled
        else None,
        bad,
    )
    return replace(prepared, problems=problems + prepared.problems)


def path_of_clips(adapter: PublishedAdapter, dataset: PaperDataset, snakemake) -> dict[str, str]:
    """Clip -> its file, or where it should be; a clip that is missing beside others is an error."""
    params = snakemake.params
    clips = dataset.clips()
    paths = DataFolder(Path(params.data_dir))
    if adapter.recordings is not None:
        cut_dir = Path(snakemake.output.videos).parent.parent / "source" / "clips"
        return {clip: str(cut_dir / adapter.recording_of(clip) / f"{clip}.mp4") for clip in clips}
    if adapter.videos is None:
        return {}
    found = {Path(path).stem: path for path in params.clips}
    folder = paths.under_data(adapter.videos)
    missing = [
        f"{folder / clip}.mp4: missing; expected {info.num_frames} frames at {info.fps:g} a second"
        for clip, info in clips.items()
        if clip not in found
    ]
    if found:
        refuse_all(
            missing,
            f"{len(missing)} of {len(clips)} clips are missing",
            f"{adapter.docs_page} says how to obtain them; adapter.only restricts the dataset to "
            "those that you have.",
        )
    return {clip: found.get(clip, str(folder / f"{clip}.mp4")) for clip in clips}


def missing_files(
    adapter: PublishedAdapter, dataset: PaperDataset, rows: list[VideoRow], snakemake
) -> BadVideos:
    """Under `skip`: the videos of which no shard says anything, since there is no file."""
    there, known = {row.video for row in rows}, passed_over(snakemake)
    missing = BadVideos("skip")
    how = f"{adapter.docs_page} says how to obtain"
    missing.settle(
        {
            video.video_id: f"{video.clip}: missing; expected {video.info.num_frames} frames at "
            f"{video.info.fps:g} a second"
            for video in dataset.videos
            if video.video_id not in there and video.video_id not in known
        },
        f"of {len(dataset.clips())} clips, these are missing",
        f"{how} them.",
        f"{how} it.",
    )
    return missing


def prepare_published(adapter: PublishedAdapter, paths: DataFolder, snakemake) -> Prepared:
    params = snakemake.params
    dataset = adapter.load(find_label_files(adapter.kind, _job.downloads(snakemake)), paths)
    missing_clips = BadVideos()
    bad: dict[str, str] = {}
    if snakemake.input.get("shards"):
        rows = listed(snakemake)
        if _job.on_bad_video(snakemake) == "skip":
            missing_clips = missing_files(adapter, dataset, rows, snakemake)
            bad = {**passed_over(snakemake), **left_out(missing_clips.rows)}
        else:
            there = {row.video for row in rows}
            missing = [f"{clip}: no keypoints" for clip in dataset.clips() if clip not in there]
            refuse_all(
                missing,
                f"the keypoints lack {len(missing)} of {len(dataset.clips())} actions",
                "adapter.only restricts the dataset to those that you have.",
            )
    else:
        rows = list_clips(
            adapter,
            dataset.clips(),
            path_of_clips(adapter, dataset, snakemake),
            params.num_shards,
        )
    prepared = prepare_paper(
        dataset, rows, {} if adapter.only else published_numbers(adapter.kind), bad
    )
    return replace(prepared, problems=[*missing_clips.rows, *prepared.problems])


def check_boxes(
    adapter: BaseAdapter, paths: DataFolder, prepared: Prepared, snakemake
) -> list[ProblemRow]:
    """Compare a table of boxes with all videos of the dataset, those that are left out too: a job sees its shard's."""
    boxes = Path(snakemake.input.boxes)
    if not ends_early(boxes):
        # An array that is missing is missed where it is read.
        return []
    sources = [VideoSource(row.video, Path(row.path or row.video)) for row in prepared.videos]
    bad = left_out(prepared.problems)
    if snakemake.input.get("problems"):
        bad |= passed_over(snakemake)
    files = {}
    if bad and not adapter.is_published:
        found = adapter.find_videos(paths, snakemake.params.classes)
        files = {source.video_id: source.path for source in found}
    sources += [VideoSource(name, files.get(name, Path(name))) for name in bad]
    folder = None if adapter.video_folder is None else paths.under_data(adapter.video_folder)
    return check_box_names(boxes, sources, folder)


def check_keypoints(prepared: Prepared, snakemake) -> list[ProblemRow]:
    """Compare files of pose tools with all videos of the dataset: a job sees its shard's."""
    settings = KeypointSettings(**snakemake.params.keypoints)
    places = _job.paths(snakemake.input.keypoints)
    given = read_poses(places, settings, videos=prepared.videos, own_files=False)
    bad = left_out(prepared.problems)
    if snakemake.input.get("problems"):
        bad |= passed_over(snakemake)
    return [*check_pose_names(given, bad), *remarks_on(given)]


def main(snakemake):
    adapter = parse_adapter(snakemake.params.adapter)
    paths = DataFolder(Path(snakemake.params.data_dir))
    if adapter.is_published:
        prepared = prepare_published(adapter, paths, snakemake)
    else:
        labels = [Path(path) for path in snakemake.input.labels]
        prepared = prepare_labelled(*adapter.as_labelled(paths, labels), snakemake)
    if snakemake.input.get("boxes"):
        told = check_boxes(adapter, paths, prepared, snakemake)
        prepared = replace(prepared, problems=[*prepared.problems, *told])
    if snakemake.input.get("keypoints"):
        told = check_keypoints(prepared, snakemake)
        prepared = replace(prepared, problems=[*prepared.problems, *told])
    prepared.write(dict(snakemake.output.items()))


if __name__ == "__main__":
    _job.run(main)
