"""List what was passed over and what the user should look at, and tell the terminal."""

from pathlib import Path

import _job

from vpdlib.datasets.tables import (
    BrokenRow,
    ProblemRow,
    read_actions,
    read_problems,
    read_videos,
    write_rows,
)
from vpdlib.report.html_page import write_page
from vpdlib.report.problems import check_students, collect_problems, still_broken


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    output = snakemake.output
    kept = str(snakemake.resources.get("kept_students", "")).split()
    students = Path(output.csv).parent / "students"
    check_students([students / name for name in kept], read_actions(inputs.actions))
    problems = collect_problems(
        [row for path in inputs.listed for row in read_problems(path)],
        read_problems(inputs.labels),
        [ProblemRow(**row) for row in params.not_taken],
        [Path(path) for path in inputs.get("tracks", [])],
        read_actions(inputs.actions),
        snakemake.wildcards.dataset,
        params.tracks_from,
        params.on_bad_video,
        params.has_videos,
        still_broken(
            [BrokenRow(**row) for row in params.carried_on],
            [row for path in inputs.videos for row in read_videos(path)],
        ),
    )
    write_rows(output.csv, problems.rows, ProblemRow)
    write_page(output.html, output.csv, params.title)
    problems.warn(output.csv)


if __name__ == "__main__":
    _job.run(main)
