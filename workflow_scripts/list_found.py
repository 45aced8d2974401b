"""The actions found in all videos: found.csv, and their sums to read."""

from pathlib import Path

import _job

from vpdlib.atomic import write_text
from vpdlib.datasets.tables import read_actions, read_problems, read_videos
from vpdlib.finding.finder_record import FOLDER
from vpdlib.finding.found_videos import read_found_videos
from vpdlib.finding.listing import by_class, by_video, found_rows, why_nothing
from vpdlib.finding.table import write_found
from vpdlib.progress import note, warn
from vpdlib.report.html_page import write_page
from vpdlib.report.render import markdown


def main(snakemake):
    inputs, output, title = snakemake.input, snakemake.output, snakemake.params.title
    found = read_found_videos(inputs.found)
    record = FOLDER.read_record(Path(inputs.finder))
    videos = [row for path in inputs.videos for row in read_videos(path)]
    actions = read_actions(inputs.actions) if inputs.get("actions") else []
    rows = found_rows(found, record.threshold, videos, actions)
    write_found(output.csv, rows)
    write_page(output.html, output.csv, title)
    if not rows and videos:
        warn(why_nothing(found, record.threshold))
    shown = {video: len(one.answers) > 0 for video, one in found.videos.items()}
    sums = [
        markdown("found_by_class", title, by_class(rows, found.class_names)),
        markdown("found_by_video", title, by_video(rows, videos, shown)),
    ]
    left_out = [
        f"- {row.problem}" for path in inputs.problems for row in read_problems(path) if row.video
    ]
    if left_out:
        sums.append("\n".join(["## Problems of videos", "", *left_out]) + "\n")
    write_text(output.md, "\n".join(sums))
    note(
        f"{len(rows)} actions found in {len(videos)} videos, from probability {record.threshold:.3f} on"
    )


if __name__ == "__main__":
    _job.run(main)
