"""Put recognisers and detectors together, and choose on held-out training videos when an answer counts."""

from pathlib import Path

import _finding
import _job

from vpdlib.devices import choose_device
from vpdlib.finding.find import load_models, read_views
from vpdlib.finding.finder import Finder
from vpdlib.finding.finder_folder import digests_of_models, save_finder
from vpdlib.finding.tuning import tune


def main(snakemake):
    inputs, names = snakemake.input, list(snakemake.params.features)
    material = _finding.material(snakemake)
    folders = [
        _finding.by_name(names, inputs.recognisers),
        _finding.by_name(names, inputs.detectors),
    ]
    recognisers, detectors = load_models(*folders, choose_device(_job.device(snakemake)))
    finder = Finder(recognisers, detectors, material.settings)
    videos = {video: material.videos[video] for video in material.learnt_videos}
    views = read_views(_finding.several_by_name(names, inputs.features), videos)
    finder = tune(finder, views, material.truth(), snakemake.threads)
    made_of = digests_of_models(*folders)
    save_finder(Path(snakemake.output[0]), finder, made_of)


if __name__ == "__main__":
    _job.run(main)
