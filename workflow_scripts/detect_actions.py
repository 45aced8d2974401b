"""Find actions in whole videos, learnt from a few of them, on a feature set; all trials."""

from pathlib import Path

import _job
import numpy as np

from vpdlib.artifacts import ArtifactWriter
from vpdlib.datasets.tables import read_events, read_trials, read_videos
from vpdlib.detection.sequences import dense_sequences
from vpdlib.detection.settings import DetectionSettings
from vpdlib.detection.trials import run_detection
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
    with ArtifactWriter(snakemake.output[0], "detection", _job.origin(snakemake)) as artifact:
        artifact.set_attributes(
            feature=snakemake.wildcards.feature,
            threshold=result.threshold,
            num_empty_test=result.num_empty_test,
        )
        artifact.write("ap", result.ap)
        artifact.write("threshold", np.array(result.thresholds))
        artifact.write("tiou", np.array(result.tious))
        artifact.write("seed", np.array(result.seeds, np.int64))
        for trial, proposals in enumerate(result.proposals):
            found = np.array([(p.start, p.end) for p in proposals], np.int64).reshape(-1, 2)
            artifact.write(
                f"proposal_{trial}_video", np.array([p.video for p in proposals], object)
            )
            artifact.write(f"proposal_{trial}_frames", found)
            artifact.write(f"proposal_{trial}_score", np.array([p.score for p in proposals]))
            artifact.write(f"train_video_{trial}", np.array(result.train_videos[trial], object))


if __name__ == "__main__":
    _job.run(main)
