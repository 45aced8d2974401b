"""Cut one recording of one of the paper's datasets into its clips, to the exact frame."""

from dataclasses import asdict
from pathlib import Path

import _job
import pandas as pd

from vpdlib.datasets.adapters import parse_adapter
from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.paper.files import find_label_files
from vpdlib.datasets.paper.recordings import cuts_of
from vpdlib.datasets.paths import DataFolder
from vpdlib.progress import note, warn
from vpdlib.report.tables import write_table
from vpdlib.video.reader import VideoError
from vpdlib.video.recut import RecutError, recut


def cut(recording, cuts, folder, fps, deinterlace, snakemake):
    """Cut the clips; under `skip` those that a damaged recording still gives, which then lack the others."""
    try:
        return recut(
            recording,
            cuts,
            folder,
            fps,
            num_threads=snakemake.threads,
            deinterlace=deinterlace,
        )
    except (VideoError, RecutError) as error:
        if _job.on_bad_video(snakemake) == "refuse":
            raise
        warn(f"{error}\nIts clips that are not complete are left out (on_bad_video: skip)")
        return []


def main(snakemake):
    params = snakemake.params
    adapter = parse_adapter(params.adapter)
    paths = DataFolder(Path(params.data_dir))
    dataset = adapter.load(find_label_files(adapter.kind, _job.downloads(snakemake)), paths)
    recording = Path(snakemake.input.recording)
    cuts, fps = cuts_of(adapter, dataset, snakemake.wildcards.recording, paths)
    folder = Path(snakemake.output[0])
    folder.mkdir(parents=True, exist_ok=True)
    if not cuts:
        note(f"{recording}: no clip of the dataset is cut from it")
        reports = []
    else:
        reports = cut(recording, cuts, folder, fps, adapter.deinterlace, snakemake)
    published = dataset.clips()
    for report in reports:
        wanted = published[report.clip_id].num_frames
        if abs(report.num_frames - wanted) > adapter.max_frame_difference:
            raise DatasetError(
                f"{report.path}: {report.num_frames} frames by the annotation's times, "
                f"{wanted} published. Is {recording} the version that was annotated?"
            )
    write_table(folder / "clips.csv", pd.DataFrame([asdict(report) for report in reports]))


if __name__ == "__main__":
    _job.run(main)
