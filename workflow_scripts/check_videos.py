"""Compare the clips of one of the paper's datasets with the published lengths and rates."""

from pathlib import Path

import _job
import pandas as pd

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.tables import read_videos
from vpdlib.progress import note, track
from vpdlib.report.tables import write_table
from vpdlib.video.recut import check_clip

#: So many clips are named in the message; all of them are in the log.
_NAMED = 40


def main(snakemake):
    clips = {video.path: video for video in read_videos(snakemake.input.videos)}
    rows, wrong, missing = [], [], []
    for path, video in track(sorted(clips.items()), "checking clips", unit="clip"):
        problem = check_clip(
            Path(path),
            video.declared_frames,
            video.fps,
            slack_frames=snakemake.params.max_frame_difference,
        )
        if problem:
            (wrong if Path(path).is_file() else missing).append(problem)
        rows.append({"clip": Path(path).stem, "frames": video.declared_frames, "fps": video.fps})
    problems = wrong + missing
    for problem in problems:
        note(problem)
    if problems:
        shown = "\n  ".join(problems[:_NAMED])
        more = f"\n  and {len(problems) - _NAMED} more (log)" if len(problems) > _NAMED else ""
        raise DatasetError(
            f"{len(problems)} of {len(clips)} clips are missing or not as published:\n  {shown}{more}\n"
            f"docs/datasets/{snakemake.params.kind}.md says how to obtain them; adapter.only restricts the "
            "dataset to those that you have."
        )
    write_table(snakemake.output[0], pd.DataFrame(rows))


if __name__ == "__main__":
    _job.run(main, snakemake)
