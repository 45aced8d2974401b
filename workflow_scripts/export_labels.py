"""Write found or labelled actions as another tool's files."""

from pathlib import Path

import _job
import numpy as np
from numpy.typing import NDArray

from vpdlib.atomic import replacing
from vpdlib.datasets.tables import read_actions, read_videos
from vpdlib.finding.table import read_found
from vpdlib.interchange.formats import WrittenAction
from vpdlib.interchange.written_labels import format_by_name, write_folder, written_videos
from vpdlib.progress import note
from vpdlib.video.reader import frame_times


def actions_of(inputs) -> dict[str, list[WrittenAction]]:
    """Video -> its actions; found ones have their probability."""
    by_video: dict[str, list[WrittenAction]] = {}
    if inputs.get("found"):
        for found in read_found(inputs.found):
            by_video.setdefault(found.video, []).append(
                WrittenAction(found.start, found.end, found.label, found.probability, found.athlete)
            )
    else:
        for row in read_actions(inputs.actions):
            by_video.setdefault(row.video, []).append(
                WrittenAction(row.start, row.end, row.label, group=row.group, split=row.split)
            )
    return by_video


def main(snakemake):
    wanted = snakemake.wildcards
    videos = [row for path in snakemake.input.videos for row in read_videos(path)]
    actions = actions_of(snakemake.input)
    form = format_by_name(wanted.label_format)
    row_of = {row.video: row for row in videos if row.path}

    def times_of(video: str) -> NDArray[np.float64]:
        return frame_times(row_of[video].path, row_of[video].clock)

    written = written_videos(videos, actions, times_of if row_of else None)
    with replacing(snakemake.output[0]) as folder:
        files = write_folder(form, written, Path(folder), wanted.exported)
    note(
        f"{sum(map(len, actions.values()))} actions of {len(actions)} videos in {len(files)} files"
    )


if __name__ == "__main__":
    _job.run(main)
