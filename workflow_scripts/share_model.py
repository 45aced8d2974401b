"""Put a model together to be shared: settings, trained models, and a card that says how good it was."""

from pathlib import Path

import _job

from vpdlib.datasets.tables import read_actions, read_videos
from vpdlib.finding import finder_folder
from vpdlib.pipeline.card import card_text
from vpdlib.pipeline.layout import FINDER, needed_models
from vpdlib.pipeline.model import write_model
from vpdlib.pipeline.settings import ModelSettings


def main(snakemake):
    inputs = snakemake.input
    settings = ModelSettings.model_validate(snakemake.params.settings)
    folders = [Path(path) for path in inputs.models]
    models = dict(zip(needed_models(settings), folders, strict=True))
    videos = read_videos(inputs.videos)
    card = card_text(
        settings,
        finder_folder.FOLDER.read_record(models[FINDER,]),
        [(name, models["recognisers", name]) for name in settings.parts],
        videos,
        read_actions(inputs.actions),
    )
    write_model(Path(snakemake.output[0]), settings, models, videos, card)


if __name__ == "__main__":
    _job.run(main)
