"""Put feature sets side by side: Concat-VPD."""

from contextlib import ExitStack

import _job
import numpy as np

from vpdlib.artifacts import ArtifactWriter, read_artifact
from vpdlib.artifacts.features import Features
from vpdlib.students.combine import concatenate


def main(snakemake):
    with (
        ExitStack() as stack,
        ArtifactWriter(snakemake.output[0], Features, _job.origin(snakemake)) as artifact,
    ):
        parts = [
            stack.enter_context(read_artifact(path, Features)) for path in snakemake.input.parts
        ]
        for video_id in parts[0].video_ids:
            videos = [part[video_id] for part in parts]
            frame, descriptor = concatenate(
                [video.frame for video in videos],
                [video.descriptor for video in videos],
            )
            artifact.add_video(
                video_id,
                {
                    "frame": frame,
                    "time_s": videos[0].time_s[np.searchsorted(videos[0].frame, frame)],
                    "descriptor": descriptor,
                },
            )


if __name__ == "__main__":
    _job.run(main)
