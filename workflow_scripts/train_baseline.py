"""Train and test a baseline on the actions themselves; all trials of one setting."""

from pathlib import Path

import _job
import cv2
from pydantic import TypeAdapter

from vpdlib.baselines.frames import FrameClips, PictureStore, action_rows
from vpdlib.baselines.kinds import BaselineSettings, SkeletonBaseline, weights_text
from vpdlib.baselines.run import run_baseline
from vpdlib.baselines.skeletons import SkeletonClips, action_poses
from vpdlib.datasets.tables import read_actions, read_classes
from vpdlib.devices import choose_device
from vpdlib.recognition.actions import ActionTable, shots_of, trials_of_regime
from vpdlib.recognition.results import write_result
from vpdlib.weights.checkpoints import verify_checkpoint


def skeleton_clips(snakemake, settings, rows):
    """Clips of poses, and the number of frames of each action."""
    inputs, thinning = snakemake.input, snakemake.params.thinning
    poses = action_poses(rows, map(Path, inputs.poses), map(Path, inputs.tracks), **thinning)
    return SkeletonClips(poses, settings), {a: len(p.box_px) for a, p in poses.items()}


def frame_clips(snakemake, settings, rows):
    """Clips of pictures or flow, and the number of frames of each action."""
    inputs, thinning = snakemake.input, snakemake.params.thinning
    kind = (
        "frames" if settings.input == "frame" else "flow" if settings.stream == "flow" else "crops"
    )
    # OpenCV's threads do not survive a fork, and would be more than the job was given.
    cv2.setNumThreads(0)
    paths = [Path(path) for path in inputs.pictures]
    tracks = None if kind == "frames" else [Path(path) for path in inputs.tracks]
    found = action_rows(rows, kind, paths, tracks, **thinning)
    store = PictureStore(kind, paths, found)
    return FrameClips(store, settings), {a: len(where.rows) for a, where in found.items()}


def main(snakemake):
    params, wildcards = snakemake.params, snakemake.wildcards
    settings = TypeAdapter(BaselineSettings).validate_python(params.settings)
    rows = read_actions(snakemake.input.actions)
    actions = ActionTable.from_rows(rows, read_classes(snakemake.input.classes))
    shots = shots_of(wildcards.regime)
    trials = trials_of_regime(rows, actions, shots, params.trials, params.seed)
    weights = None
    if isinstance(settings, SkeletonBaseline):
        clips, lengths = skeleton_clips(snakemake, settings, rows)
    else:
        clips, lengths = frame_clips(snakemake, settings, rows)
        if settings.weights is not None:
            weights = verify_checkpoint(
                settings.weights, Path(params.networks_dir), settings.weights_sha256
            )
    result = run_baseline(
        settings,
        clips,
        lengths,
        actions,
        shots,
        trials,
        weights,
        device=choose_device(_job.device(snakemake)),
        threads=snakemake.threads,
    )
    write_result(
        snakemake.output[0],
        _job.provenance_of(snakemake),
        result,
        feature=wildcards.baseline,
        weights=weights_text(settings, {}) or "none",
    )


if __name__ == "__main__":
    _job.run(main)
