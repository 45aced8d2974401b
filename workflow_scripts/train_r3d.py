"""Train the 3D residual network on the training actions, from pretrained weights or from scratch."""

from functools import partial
from pathlib import Path

import _job

from vpdlib.baselines.frames import PictureStore, action_rows
from vpdlib.baselines.train import train_network
from vpdlib.datasets.tables import read_actions, read_classes
from vpdlib.devices import choose_device
from vpdlib.features.r3d_training import WindowClips, build_r3d, save_r3d
from vpdlib.features.settings import R3DSettings
from vpdlib.recognition.actions import ActionTable, hold_out, make_trials
from vpdlib.weights.checkpoints import verify_checkpoint


def main(snakemake):
    params, inputs = snakemake.params, snakemake.input
    settings = R3DSettings.model_validate(params.settings)
    rows = read_actions(inputs.actions)
    actions = ActionTable.from_rows(rows, read_classes(inputs.classes))
    paths, tracks = [[Path(path) for path in given] for given in (inputs.crops, inputs.tracks)]
    found = action_rows(rows, "crops", paths, tracks)
    weights = None
    if settings.weights is not None:
        weights = verify_checkpoint(
            settings.weights, Path(params.networks_dir), settings.weights_sha256
        )
    (trial,) = make_trials(actions, None, 1, params.seed)
    trial = hold_out(trial, actions, settings.training.holdout_fraction)
    trained = train_network(
        partial(build_r3d, settings, len(actions.class_names), weights),
        WindowClips(PictureStore("crops", paths, found), settings),
        [a for a in trial.train_ids if len(found[a].rows)],
        [a for a in trial.val_ids if len(found[a].rows)],
        actions.class_index(),
        settings.training,
        trial.seed,
        choose_device(_job.device(snakemake)),
        snakemake.threads,
        "R3D",
    )
    save_r3d(Path(snakemake.output[0]), trained, settings)


if __name__ == "__main__":
    _job.run(main)
