"""Find the actions in all videos of a shard, labelled or not, and name them."""

from pathlib import Path

import _finding
import _job

from vpdlib.datasets.tables import read_actions, read_videos
from vpdlib.devices import choose_device
from vpdlib.finding.find import read_finder, write_found_videos
from vpdlib.finding.segments import Segment, labelled


def main(snakemake):
    inputs, names = snakemake.input, list(snakemake.params.features)
    finder = read_finder(
        Path(inputs.finder),
        _finding.by_name(names, inputs.recognisers),
        _finding.by_name(names, inputs.detectors),
        choose_device(_job.device(snakemake)),
    )
    videos = read_videos(inputs.videos)
    labels: dict[str, list[Segment]] = {}
    if inputs.get("actions"):
        for segment in labelled(read_actions(inputs.actions)):
            labels.setdefault(segment.video, []).append(segment)
    write_found_videos(
        snakemake.output[0],
        _job.provenance_of(snakemake),
        finder,
        videos,
        {name: [path] for name, path in _finding.by_name(names, inputs.features).items()},
        labels,
        snakemake.threads,
        # A collection has no labels, and nothing was learnt from it, whatever its videos' ids.
        learnt_as={} if inputs.get("actions") else dict.fromkeys((row.video for row in videos), ""),
    )


if __name__ == "__main__":
    _job.run(main)
