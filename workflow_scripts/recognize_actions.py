"""Train and test a recognition head on a feature set, all trials of one setting, or put blocks of a search together."""

import _job

from vpdlib.datasets.tables import read_actions, read_classes
from vpdlib.devices import choose_device
from vpdlib.recognition.actions import ActionTable, shots_of, trials_of_regime
from vpdlib.recognition.blocks import join_blocks
from vpdlib.recognition.results import read_result, write_result
from vpdlib.recognition.sequences import action_sequences
from vpdlib.recognition.settings import RecognitionSettings
from vpdlib.recognition.trials import run_regime


def main(snakemake):
    params, wildcards = snakemake.params, snakemake.wildcards
    settings = RecognitionSettings.model_validate(params.settings)
    rows = read_actions(snakemake.input.actions)
    classes = read_classes(snakemake.input.classes)
    actions = ActionTable.from_rows(rows, classes)
    shots = shots_of(wildcards.regime)
    blocks = snakemake.input.get("blocks")
    if blocks:
        found = [read_result(path) for path in _job.paths(blocks)]
        result = join_blocks(found, actions.ids_of("test"))
    else:
        result = run_regime(
            wildcards.head,
            action_sequences(
                rows,
                _job.paths(snakemake.input.features),
                settings.target_fps,
                settings.target_fps_slack,
            ),
            actions,
            shots,
            trials_of_regime(rows, actions, shots, params.trials, params.seed),
            settings,
            device=choose_device(_job.device(snakemake)),
            threads=snakemake.threads,
        )
    write_result(
        snakemake.output[0], _job.provenance_of(snakemake), result, feature=wildcards.feature
    )


if __name__ == "__main__":
    _job.run(main)
