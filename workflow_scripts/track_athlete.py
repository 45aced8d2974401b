"""Follow the athlete through every video of a shard, or take boxes from another tool."""

from pathlib import Path

import _job
import numpy as np

from vpdlib.artifacts import ArtifactWriter, VideoGroup, read_artifact
from vpdlib.datasets.boxes import boxes_of_keypoints, ends_early, supplied_boxes
from vpdlib.datasets.keypoints import read_keypoints
from vpdlib.datasets.supplied import check_length
from vpdlib.datasets.supplied_keypoints import keypoints_in_pixels
from vpdlib.datasets.tables import VideoRow, read_videos
from vpdlib.progress import note, track
from vpdlib.tracking.fill import ORIGIN_NONE, ORIGIN_SUPPLIED
from vpdlib.tracking.people import PeopleDetections
from vpdlib.tracking.settings import TrackingSettings
from vpdlib.tracking.track import track_athlete
from vpdlib.video.reader import previous_frame_index


def detections_of(video: VideoGroup) -> PeopleDetections:
    """The people of one video, one list per sampled frame."""
    time_s = video.array("time_s")
    ends = np.cumsum(video.array("num_people"))[:-1]
    return PeopleDetections(
        frames=video.array("frame"),
        box_px=np.split(video.array("box_px"), ends),
        score=np.split(video.array("score"), ends),
        keypoints_px=np.split(video.array("keypoints_px"), ends),
        num_frames=len(time_s),
        width=int(video.attributes["width"]),
        height=int(video.attributes["height"]),
        time_s=time_s,
        athlete=str(video.attributes["athlete"]),
    )


def track_people(snakemake, artifact: ArtifactWriter) -> None:
    """Tracks from detections."""
    settings = TrackingSettings.model_validate(snakemake.params.settings)
    with read_artifact(snakemake.input.people, "people") as people:
        for video in track(list(people.videos()), "tracking", unit="video"):
            athlete = track_athlete(detections_of(video), settings)
            time_s = video.array("time_s")
            if not (athlete.origin > 0).any():
                note(f"{video.video_id}: no athlete; it is carried on as empty")
            artifact.add_video(
                video.video_id,
                {
                    "time_s": time_s,
                    "previous_frame": previous_frame_index(time_s),
                    "box_px": athlete.box_px,
                    "origin": athlete.origin,
                    "score": athlete.score,
                },
                video.attributes,
            )


def take_boxes(
    videos: list[VideoRow], boxes: dict[str, np.ndarray], source: Path, artifact: ArtifactWriter
) -> None:
    """Tracks from another tool's boxes; frames come at the video's constant rate."""
    for video in videos:
        num_frames = video.declared_frames
        box_px = check_length(boxes, video.video, num_frames, source, ends_early(source))
        time_s = np.arange(num_frames) / video.fps
        found = np.isfinite(box_px).all(axis=1)
        if not found.any():
            note(f"{video.video}: no athlete; it is carried on as empty")
        artifact.add_video(
            video.video,
            {
                "time_s": time_s,
                "previous_frame": previous_frame_index(time_s),
                "box_px": box_px,
                "origin": np.where(found, ORIGIN_SUPPLIED, ORIGIN_NONE).astype(np.uint8),
                "score": found.astype(np.float32),
            },
            {
                "fps": video.fps,
                "width": video.width,
                "height": video.height,
                "athlete": video.athlete,
                "decoded_frames": num_frames,
                "declared_frames": num_frames,
                "flags": "boxes supplied",
            },
        )


def main(snakemake):
    inputs = snakemake.input
    with ArtifactWriter(snakemake.output[0], "tracks", _job.origin(snakemake)) as artifact:
        if inputs.get("people"):
            track_people(snakemake, artifact)
            return
        videos = read_videos(inputs.videos)
        if not videos:
            return
        wanted = {video.video for video in videos}
        if inputs.get("boxes"):
            source = Path(inputs.boxes)
            boxes = supplied_boxes(source, videos)
        else:
            source = Path(inputs.keypoints)
            clips = read_keypoints(source, snakemake.params.keypoints["joint_names"], only=wanted)
            keypoints = keypoints_in_pixels(source, clips, videos)
            boxes = {name: boxes_of_keypoints(one) for name, one in keypoints.items()}
        take_boxes(videos, boxes, source, artifact)


if __name__ == "__main__":
    _job.run(main, snakemake)
