"""List the videos of a shard, after opening each; clips of the paper's datasets must be as published."""

from dataclasses import replace
from pathlib import Path

import _job

from vpdlib.datasets.bad_videos import BadVideos
from vpdlib.datasets.base import VideoSource, shard_of
from vpdlib.datasets.folder import find_videos
from vpdlib.datasets.keypoints import read_keypoints
from vpdlib.datasets.listing import (
    check_clips,
    check_people,
    list_clips,
    list_files,
    list_keypoints,
)
from vpdlib.datasets.paper.build import load_paper_dataset
from vpdlib.datasets.paper.clips import published_clips
from vpdlib.datasets.paper.files import find_label_files
from vpdlib.datasets.paths import DataFolder
from vpdlib.datasets.settings import (
    DemoAdapter,
    FolderAdapter,
    FX35Adapter,
    PaperAdapter,
    PosesAdapter,
    parse_adapter,
)
from vpdlib.datasets.tables import ProblemRow, VideoRow, write_rows


def rendered(labels: Path) -> list[VideoSource]:
    return find_videos(labels.parent / "videos", "the rendered sport")


def files_of(snakemake) -> list[Path]:
    """The shard's files, and links to some that are not there."""
    return [
        Path(path) for path in (*snakemake.input.get("files", []), *snakemake.params.unreachable)
    ]


def with_people(rows, clips, shard, bad_videos: BadVideos) -> list[VideoRow]:
    """Rows of the shard, of clips of keypoints in which somebody is."""
    if bad_videos.on_bad_video == "refuse":
        # At once for all shards, which have all read the same file.
        check_people(rows, clips, bad_videos)
    return check_people([row for row in rows if row.shard == shard], clips, bad_videos)


def published(adapter: PaperAdapter, snakemake, bad_videos: BadVideos) -> list[VideoRow]:
    """Rows of one of the paper's datasets: of the files that are there, or of all clips where there are none."""
    inputs, params = snakemake.input, snakemake.params
    shard = int(snakemake.wildcards.shard)
    files = find_label_files(adapter.kind, _job.downloads(snakemake))
    if adapter.videos is None and adapter.recordings is None:
        # Only its labels say which clips keypoints or features stand in for.
        dataset = load_paper_dataset(adapter, files, DataFolder(Path(params.data_dir)))
        rows = list_clips(adapter.kind, dataset.clips(), {}, params.num_shards)
        if not inputs.get("keypoints"):
            return rows
        ids = {row.video for row in rows}
        clips = read_keypoints(Path(inputs.keypoints), params.keypoints["joint_names"], only=ids)
        if isinstance(adapter, FX35Adapter) and adapter.unit == "action":
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
    known = published_clips(adapter.kind, files)
    paths = files_of(snakemake)
    if adapter.recordings is not None:
        paths = [path for folder in paths for path in sorted(folder.glob("*.mp4"))]
    path_of = {path.stem: str(path) for path in paths}
    rows = list_clips(
        adapter.kind,
        {clip: info for clip, info in known.items() if clip in path_of},
        path_of,
        params.num_shards,
        adapter.deinterlace,
    )
    rows = [row for row in rows if row.shard == shard]
    return check_clips(rows, adapter.kind, adapter.max_frame_difference, bad_videos)


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    adapter = parse_adapter(params.adapter)
    shard = int(snakemake.wildcards.shard)
    bad_videos = BadVideos(_job.on_bad_video(snakemake))
    match adapter:
        case DemoAdapter():
            sources = [
                source
                for source in rendered(Path(inputs.labels[0]))
                if shard_of(source.video_id, params.num_shards) == shard
            ]
            rows = list_files(sources, params.num_shards, bad_videos)
        case FolderAdapter():
            sources = [VideoSource(path.stem, path) for path in files_of(snakemake)]
            rows = list_files(sources, params.num_shards, bad_videos, adapter.deinterlace)
        case PosesAdapter():
            clips = read_keypoints(Path(inputs.keypoints), adapter.joint_names, adapter.fps)
            rows = list_keypoints(clips, params.num_shards, adapter.fps)
            rows = with_people(rows, clips, shard, bad_videos)
        case _:
            rows = published(adapter, snakemake, bad_videos)
    rows = sorted((row for row in rows if row.shard == shard), key=lambda row: row.video)
    write_rows(snakemake.output.videos, rows, VideoRow)
    write_rows(snakemake.output.problems, bad_videos.rows, ProblemRow)


if __name__ == "__main__":
    _job.run(main)
