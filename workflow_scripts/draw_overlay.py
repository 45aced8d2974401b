"""Draw box, skeleton, crop and flow over a video."""

from contextlib import ExitStack

import _job
import numpy as np

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.crops import Crops
from vpdlib.artifacts.flow import Flow
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.artifacts.weak_labels import WeakLabels
from vpdlib.datasets.tables import read_videos
from vpdlib.flow.quantise import dequantise
from vpdlib.interchange.absent_joints import ATTRIBUTE, drop_absent
from vpdlib.report.overlay import write_overlay


def main(snakemake):
    name = snakemake.wildcards.video
    source = next((v for v in read_videos(snakemake.input.videos) if v.video == name), None)
    if source is None:
        raise ValueError(
            f"{snakemake.input.videos} lists no video {name!r}; correct the file asked for"
        )
    with ExitStack() as stack:
        kinds = {
            "tracks": Tracks,
            "crops": Crops,
            "flow": Flow,
            "poses": Poses,
            "labels": WeakLabels,
        }
        opened = {
            key: stack.enter_context(read_artifact(snakemake.input[key], kind))
            for key, kind in kinds.items()
        }
        video = {key: artifact[name] for key, artifact in opened.items()}
        max_px = float(opened["flow"].attributes["max_px"])
        box_px = video["tracks"].box_px
        num_frames = len(box_px)
        keypoints = np.full((num_frames, 17, 3), np.nan, np.float32)
        keypoints[video["poses"].frame] = drop_absent(
            video["poses"].keypoints_px, opened["poses"].attributes.get(ATTRIBUTE, "")
        )
        rows = video["labels"].frame
        score = np.full(num_frames, np.nan, np.float32)
        score[rows] = video["labels"].score
        kept = np.zeros(num_frames, bool)
        kept[rows] = video["labels"].kept
        crops = dict(zip(video["crops"].frame, video["crops"].crop[:], strict=True))
        flow = {
            frame: dequantise(q, max_px)
            for frame, q in zip(video["flow"].frame, video["flow"].flow[:], strict=True)
        }
        write_overlay(
            source.path,
            snakemake.output[0],
            box_px,
            video["tracks"].origin,
            keypoints,
            score,
            crops.get,
            flow.get,
            kept,
            title=name,
            num_threads=snakemake.threads,
            deinterlace=source.deinterlace,
            clock=source.clock,
            segment=video["tracks"].segment,
        )


if __name__ == "__main__":
    _job.run(main)
