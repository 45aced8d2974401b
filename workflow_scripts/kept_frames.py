"""Count, per video, the frames with a box and those whose weak label is kept."""

import _job
import pandas as pd

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.weak_labels import WeakLabels
from vpdlib.report.html_page import write_page
from vpdlib.report.tables import write_table


def main(snakemake):
    rows = []
    for path in snakemake.input.labels:
        with read_artifact(path, WeakLabels) as labels:
            for video in labels.videos():
                counts = video.attributes
                rows.append(
                    {
                        "video": video.video_id,
                        "frames": int(counts["num_video_frames"]),
                        "with_athlete": int(counts["num_frames"]),
                        "kept": int(counts["num_kept"]),
                    }
                )
    table = pd.DataFrame(rows).sort_values("video")
    total = {"video": "ALL", **table[["frames", "with_athlete", "kept"]].sum().to_dict()}
    table = pd.concat([table, pd.DataFrame([total])], ignore_index=True)
    table["kept_share"] = (table["kept"] / table["frames"].where(table["frames"] > 0)).round(4)
    output = snakemake.output
    write_table(output.csv, table)
    write_page(output.html, output.csv, snakemake.params.title)


if __name__ == "__main__":
    _job.run(main)
