"""Follow the athlete through every video of a shard."""

import _job
import numpy as np

from vpdlib.artifacts import ArtifactWriter, VideoGroup, read_artifact
from vpdlib.progress import note, track
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
    )


def main(snakemake):
    settings = TrackingSettings.model_validate(snakemake.params.settings)
    with (
        read_artifact(snakemake.input.people, "people") as people,
        ArtifactWriter(snakemake.output[0], "tracks", _job.origin(snakemake)) as artifact,
    ):
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


if __name__ == "__main__":
    _job.run(main, snakemake)
