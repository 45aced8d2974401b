"""Train and test a recognition head on a feature set; all trials of one setting."""

from pathlib import Path

import _job
import numpy as np

from vpdlib.artifacts import ArtifactWriter
from vpdlib.datasets.tables import read_actions, read_classes
from vpdlib.devices import choose_device
from vpdlib.progress import note
from vpdlib.recognition.actions import ActionTable, make_trials, prescribed_subsets
from vpdlib.recognition.sequences import action_sequences
from vpdlib.recognition.settings import RecognitionSettings
from vpdlib.recognition.trials import run_setting, top1


def main(snakemake):
    params, wildcards = snakemake.params, snakemake.wildcards
    settings = RecognitionSettings.model_validate(params.settings)
    rows = read_actions(snakemake.input.actions)
    classes = read_classes(snakemake.input.classes)
    actions = ActionTable.from_rows(rows, classes)
    shots = None if wildcards.setting == "full" else int(wildcards.setting.removeprefix("k"))
    subsets = None if shots is None else prescribed_subsets(rows, shots)
    result = run_setting(
        wildcards.head,
        action_sequences(
            rows,
            [Path(path) for path in snakemake.input.features],
            settings.target_fps,
            settings.target_fps_slack,
        ),
        actions,
        shots,
        make_trials(actions, shots, params.trials, params.seed, subsets),
        settings,
        device=choose_device(params.device),
        threads=snakemake.threads,
    )
    note(f"top-1 per trial: {np.round(100 * top1(result), 2).tolist()} %")
    if result.num_empty_test:
        note(f"{result.num_empty_test} test actions without the athlete got the commonest class")
    with ArtifactWriter(snakemake.output[0], "recognition", _job.origin(snakemake)) as artifact:
        artifact.set_attributes(
            feature=wildcards.feature,
            head=wildcards.head,
            setting=wildcards.setting,
            num_empty_test=result.num_empty_test,
        )
        artifact.write("probabilities", result.probabilities)
        artifact.write("seed", np.array(result.seeds, np.int64))
        artifact.write("best_epoch", np.array(result.best_epochs, np.int64))
        artifact.write("label", result.true_labels)
        artifact.write("action", np.array(result.test_ids, object))
        artifact.write("class_name", np.array(classes, object))
        for number, ids in enumerate(result.train_ids):
            artifact.write(f"train_action_{number}", np.array(ids, object))


if __name__ == "__main__":
    _job.run(main, snakemake)
