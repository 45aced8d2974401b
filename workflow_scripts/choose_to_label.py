"""Choose the segments whose label would teach most."""

from pathlib import Path

import _job

from vpdlib.datasets.tables import read_actions, read_videos
from vpdlib.finding.ask import rows_to_label
from vpdlib.finding.find import read_views
from vpdlib.finding.found_videos import read_found_videos
from vpdlib.finding.recogniser_folder import load_recogniser
from vpdlib.finding.settings import ToLabelSettings
from vpdlib.finding.table import write_found
from vpdlib.report.html_page import write_page


def main(snakemake):
    inputs = snakemake.input
    if inputs.get("listed"):
        videos = read_videos(inputs.listed)
    else:
        videos = [row for path in inputs.videos for row in read_videos(path)]
    views = read_views(
        {"": [Path(path) for path in inputs.features]}, {row.video: row for row in videos}
    )
    rows = rows_to_label(
        read_found_videos(inputs.found),
        load_recogniser(Path(inputs.recogniser)),
        {video: of_video[""] for video, of_video in views.items()},
        videos,
        read_actions(inputs.actions) if inputs.get("actions") else [],
        ToLabelSettings.model_validate(snakemake.params.settings),
    )
    output = snakemake.output
    write_found(output.csv, rows)
    write_page(output.html, output.csv, snakemake.params.title)


if __name__ == "__main__":
    _job.run(main)
