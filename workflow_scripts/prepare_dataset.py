"""Check a dataset's labels against its videos; write its tables."""

from pathlib import Path

import _job

from vpdlib.datasets.base import VideoSource
from vpdlib.datasets.catalogue import labelled_actions
from vpdlib.datasets.folder import group_of
from vpdlib.datasets.keypoints import read_keypoints
from vpdlib.datasets.listing import list_clips, refuse_all
from vpdlib.datasets.paper.build import load_paper_dataset
from vpdlib.datasets.paper.files import find_label_files, published_numbers
from vpdlib.datasets.paper.protocol import PaperDataset
from vpdlib.datasets.paper.recordings import recording_of
from vpdlib.datasets.paths import DataFolder
from vpdlib.datasets.poses import pose_actions
from vpdlib.datasets.prepare import Prepared, Protocol, prepare, prepare_paper
from vpdlib.datasets.settings import (
    DemoAdapter,
    FolderAdapter,
    PaperAdapter,
    PosesAdapter,
    parse_adapter,
)
from vpdlib.datasets.tables import (
    ActionRow,
    ClassRow,
    EventRow,
    SummaryRow,
    TrialRow,
    VideoRow,
    read_videos,
    write_rows,
)


def listed(snakemake) -> list[VideoRow]:
    """The videos of all shards."""
    rows = [row for path in snakemake.input.shards for row in read_videos(path)]
    return sorted(rows, key=lambda row: row.video)


def prepare_folder(adapter: FolderAdapter, paths: DataFolder, snakemake) -> Prepared:
    rows = listed(snakemake)
    sources = [VideoSource(row.video, Path(row.path)) for row in rows]
    return prepare(
        rows,
        lambda durations_s: labelled_actions(
            adapter, paths, sources, durations_s, snakemake.params.classes
        ),
        snakemake.params.classes,
        Protocol(adapter.test_fraction, adapter.val_fraction, snakemake.params.seed),
        (lambda row: group_of(row.video, adapter.group_pattern, row.path))
        if adapter.keep_unlabelled or adapter.group_pattern
        else None,
    )


def prepare_keypoints(adapter: PosesAdapter, paths: DataFolder, snakemake) -> Prepared:
    path = paths.under_data(adapter.keypoints)
    clips = read_keypoints(path, adapter.joint_names, adapter.fps)
    return prepare(
        listed(snakemake),
        lambda durations_s: pose_actions(adapter, path, paths, clips, durations_s),
        snakemake.params.classes,
        Protocol(adapter.test_fraction, adapter.val_fraction, snakemake.params.seed),
    )


def path_of_clips(adapter: PaperAdapter, dataset: PaperDataset, snakemake) -> dict[str, str]:
    """Clip -> its file, or where it should be; a clip that is missing beside others is an error."""
    params, inputs = snakemake.params, snakemake.input
    clips = dataset.clips()
    paths = DataFolder(Path(params.data_dir))
    if adapter.recordings is not None:
        cut_dir = Path(snakemake.output.videos).parent.parent / "source" / "clips"
        return {
            clip: str(cut_dir / recording_of(adapter.kind, clip) / f"{clip}.mp4") for clip in clips
        }
    if adapter.videos is None:
        return {}
    found = {Path(path).stem: path for path in inputs.get("files", [])}
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
            f"docs/datasets/{adapter.kind}.md says how to obtain them; adapter.only restricts the dataset to "
            "those that you have.",
        )
    return {clip: found.get(clip, str(folder / f"{clip}.mp4")) for clip in clips}


def prepare_published(adapter: PaperAdapter, paths: DataFolder, snakemake) -> Prepared:
    params = snakemake.params
    dataset = load_paper_dataset(
        adapter, find_label_files(adapter.kind, _job.downloads(snakemake)), paths
    )
    if snakemake.input.get("shards"):
        rows = listed(snakemake)
        there = {row.video for row in rows}
        missing = [f"{clip}: no keypoints" for clip in dataset.clips() if clip not in there]
        refuse_all(
            missing,
            f"the keypoints lack {len(missing)} of {len(dataset.clips())} actions",
            "adapter.only restricts the dataset to those that you have.",
        )
    else:
        rows = list_clips(
            adapter.kind,
            dataset.clips(),
            path_of_clips(adapter, dataset, snakemake),
            params.num_shards,
            adapter.deinterlace,
        )
    return prepare_paper(
        dataset,
        rows,
        {} if adapter.only else published_numbers(adapter.kind),
    )


def main(snakemake):
    adapter = parse_adapter(snakemake.params.adapter)
    paths = DataFolder(Path(snakemake.params.data_dir))
    match adapter:
        case DemoAdapter():
            source = DataFolder(Path(snakemake.input.labels[0]).parent)
            folder = FolderAdapter(videos="videos", labels="labels.csv")
            prepared = prepare_folder(folder, source, snakemake)
        case FolderAdapter():
            prepared = prepare_folder(adapter, paths, snakemake)
        case PosesAdapter():
            prepared = prepare_keypoints(adapter, paths, snakemake)
        case _:
            prepared = prepare_published(adapter, paths, snakemake)
    output = snakemake.output
    write_rows(output.videos, prepared.videos, VideoRow)
    write_rows(output.actions, prepared.actions, ActionRow)
    write_rows(output.classes, prepared.classes, ClassRow)
    write_rows(output.events, prepared.events, EventRow)
    write_rows(output.trials, prepared.trials, TrialRow)
    write_rows(output.summary, prepared.summary, SummaryRow)


if __name__ == "__main__":
    _job.run(main, snakemake)
