"""Check a dataset's labels (and videos, where their facts are not published); write its tables."""

from pathlib import Path

import _job

from vpdlib.datasets.catalogue import clip_files, labelled_actions, source_files
from vpdlib.datasets.keypoints import read_keypoints
from vpdlib.datasets.paper.build import load_paper_dataset
from vpdlib.datasets.paper.files import find_label_files, published_numbers
from vpdlib.datasets.paper.protocol import PaperDataset
from vpdlib.datasets.paper.recordings import recording_of
from vpdlib.datasets.paths import DataFolder
from vpdlib.datasets.poses import pose_actions
from vpdlib.datasets.prepare import (
    Prepared,
    Protocol,
    prepare,
    prepare_paper,
    prepare_poses,
)
from vpdlib.datasets.settings import (
    DemoAdapter,
    FolderAdapter,
    FX35Adapter,
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
    write_rows,
)


def protocol_of(params, test_fraction, val_fraction) -> Protocol:
    return Protocol(test_fraction, val_fraction, params.shots, params.trials, params.seed)


def prepare_folder(adapter: FolderAdapter, paths: DataFolder, params) -> Prepared:
    sources = source_files(adapter, paths, params.classes)
    return prepare(
        sources,
        lambda durations_s: labelled_actions(adapter, paths, sources, durations_s),
        params.classes,
        params.num_shards,
        protocol_of(params, adapter.test_fraction, adapter.val_fraction),
    )


def prepare_keypoints(adapter: PosesAdapter, paths: DataFolder, params) -> Prepared:
    path = paths.under_data(adapter.keypoints)
    clips = read_keypoints(path, adapter.joint_names, adapter.fps)
    return prepare_poses(
        clips,
        lambda durations_s: pose_actions(adapter, path, paths, clips, durations_s),
        params.classes,
        params.num_shards,
        protocol_of(params, adapter.test_fraction, adapter.val_fraction),
        adapter.fps,
    )


def path_of_clips(
    adapter: PaperAdapter, dataset: PaperDataset, paths: DataFolder, cut_dir: Path, has_files: bool
) -> dict[str, str]:
    """Clip -> its file; where it should be, if it is not there."""
    if adapter.recordings is not None:
        return {
            clip: str(cut_dir / recording_of(adapter.kind, clip) / f"{clip}.mp4")
            for clip in dataset.clips()
        }
    if adapter.videos is None:
        return {}
    folder = paths.under_data(adapter.videos)
    found = {s.video_id: s.path for s in clip_files(adapter, paths)} if has_files else {}
    return {clip: str(found.get(clip, folder / f"{clip}.mp4")) for clip in dataset.clips()}


def prepare_published(adapter: PaperAdapter, paths: DataFolder, snakemake) -> Prepared:
    params = snakemake.params
    dataset = load_paper_dataset(
        adapter, find_label_files(adapter.kind, Path(params.downloads_dir)), paths
    )
    lengths = None
    if isinstance(adapter, FX35Adapter) and adapter.unit == "action":
        clips = read_keypoints(
            Path(snakemake.input.keypoints), params.keypoints["joint_names"], only=dataset.clips()
        )
        lengths = {video_id: len(clip.keypoints_px) for video_id, clip in clips.items()}
    cut_dir = Path(snakemake.output.videos).parent.parent / "source" / "clips"
    return prepare_paper(
        dataset,
        path_of_clips(adapter, dataset, paths, cut_dir, bool(snakemake.input.get("videos"))),
        params.num_shards,
        # The splits are published.
        protocol_of(params, 0.0, 0.0),
        {} if adapter.only else published_numbers(adapter.kind),
        lengths,
    )


def main(snakemake):
    params = snakemake.params
    adapter = parse_adapter(params.adapter)
    paths = DataFolder(Path(params.data_dir))
    match adapter:
        case DemoAdapter():
            source = DataFolder(Path(snakemake.input.labels[0]).parent)
            rendered = FolderAdapter(videos="videos", labels="labels.csv")
            prepared = prepare_folder(rendered, source, params)
        case FolderAdapter():
            prepared = prepare_folder(adapter, paths, params)
        case PosesAdapter():
            prepared = prepare_keypoints(adapter, paths, params)
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
