"""List the videos of a shard, after opening each; clips of the paper's datasets must be as published."""

from dataclasses import replace
from pathlib import Path

import _job

from vpdlib.datasets.adapters import parse_adapter
from vpdlib.datasets.adapters.published import PublishedAdapter
from vpdlib.datasets.bad_videos import BadVideos
from vpdlib.datasets.base import VideoSource, shard_of
from vpdlib.datasets.listing import (
    check_clips,
    check_people,
    list_clips,
    list_files,
    list_keypoints,
)
from vpdlib.datasets.paper.files import find_label_files
from vpdlib.datasets.paths import DataFolder
from vpdlib.datasets.settings import KeypointSettings
from vpdlib.datasets.tables import ProblemRow, VideoRow, write_rows
from vpdlib.interchange.given_poses import GivenPoses, read_poses, tell


def sources_of(adapter, snakemake) -> list[VideoSource]:
    """The videos of the shard's files, and of links to some that are not there."""
    params = snakemake.params
    files = (*snakemake.input.files, *params.videos, *params.unreachable)
    return adapter.sources_of([Path(path) for path in files])


def given_poses(snakemake, videos: list[VideoRow] | None = None, fps=None) -> GivenPoses:
    """Keypoints that stand in for videos: of some, or of all."""
    settings = KeypointSettings(**snakemake.params.keypoints)
    given = read_poses(_job.paths(snakemake.input.keypoints), settings, fps, videos)
    tell(given)
    return given


def with_people(rows, clips, shard, bad_videos: BadVideos) -> list[VideoRow]:
    """Rows of the shard, of clips of keypoints in which somebody is."""
    if bad_videos.on_bad_video == "refuse":
        # At once for all shards, which have all read the same file.
        check_people(rows, clips, bad_videos)
    return check_people([row for row in rows if row.shard == shard], clips, bad_videos)


def published(adapter: PublishedAdapter, snakemake, bad_videos: BadVideos) -> list[VideoRow]:
    """Rows of one of the paper's datasets: of the files that are there, or of all clips where there are none."""
    inputs, params = snakemake.input, snakemake.params
    shard = int(snakemake.wildcards.shard)
    files = find_label_files(adapter.kind, _job.downloads(snakemake))
    if not adapter.has_videos:
        # Only its labels say which clips keypoints or features stand in for.
        dataset = adapter.load(files, DataFolder(Path(params.data_dir)))
        rows = list_clips(adapter, dataset.clips(), {}, params.num_shards)
        if not inputs.get("keypoints"):
            return rows
        clips = given_poses(snakemake, rows).clips
        if not adapter.lengths_are_published:
            lengths = {name: len(clip.keypoints_px) for name, clip in clips.items()}
            rows = [
                replace(
                    row,
                    declared_frames=lengths[row.video],
                    duration_s=lengths[row.video] / row.fps,
                )
                for row in rows
                if row.video in lengths
            ]
        return with_people(rows, clips, shard, bad_videos)
    known = adapter.published_clips(files)
    path_of = {source.video_id: str(source.path) for source in sources_of(adapter, snakemake)}
    rows = list_clips(
        adapter,
        {clip: info for clip, info in known.items() if clip in path_of},
        path_of,
        params.num_shards,
    )
    return check_clips([row for row in rows if row.shard == shard], adapter, bad_videos)


def main(snakemake):
    params = snakemake.params
    adapter = parse_adapter(params.adapter)
    shard = int(snakemake.wildcards.shard)
    bad_videos = BadVideos(_job.on_bad_video(snakemake))
    if adapter.is_published:
        rows = published(adapter, snakemake, bad_videos)
    elif adapter.has_videos:
        sources = [
            source
            for source in sources_of(adapter, snakemake)
            if shard_of(source.video_id, params.num_shards) == shard
        ]
        rows = list_files(sources, params.num_shards, bad_videos, adapter.deinterlace)
    else:
        clips = given_poses(snakemake, fps=adapter.fps).clips
        rows = list_keypoints(clips, params.num_shards, adapter.fps)
        rows = with_people(rows, clips, shard, bad_videos)
    rows = sorted((row for row in rows if row.shard == shard), key=lambda row: row.video)
    write_rows(snakemake.output.videos, rows, VideoRow)
    write_rows(snakemake.output.problems, bad_videos.rows, ProblemRow)


if __name__ == "__main__":
    _job.run(main)
