"""Find actions in whole videos, learnt from a few of them, on a feature set; all trials."""

from pathlib import Path

import _job

from vpdlib.action_detection.results import write_detection
from vpdlib.action_detection.sequences import dense_sequences
from vpdlib.action_detection.settings import DetectionSettings
from vpdlib.action_detection.trials import run_detection
from vpdlib.datasets.tables import read_events, read_trials, read_videos
from vpdlib.devices import choose_device
from vpdlib.progress import note


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    settings = DetectionSettings.model_validate(params.settings)
    videos = read_videos(inputs.videos)
    result = run_detection(
        dense_sequences([Path(path) for path in inputs.features], {v.video: v.fps for v in videos}),
        read_events(inputs.events),
        read_trials(inputs.trials),
        settings.num_shot_places,
        settings,
        params.seed,
        choose_device(_job.device(snakemake)),
        snakemake.threads,
        test_videos=[v.video for v in videos if v.split == "test"],
        train_videos=[v.video for v in videos if v.split == "train"],
    )
    for tiou, ap in zip(result.tious, result.reported_ap, strict=True):
        note(f"AP at tIoU {tiou:g}: {100 * ap:.2f} % (threshold {result.threshold:g})")
    write_detection(
        snakemake.output[0],
        _job.provenance_of(snakemake),
        result,
        feature=snakemake.wildcards.feature,
    )


if __name__ == "__main__":
    _job.run(main)
