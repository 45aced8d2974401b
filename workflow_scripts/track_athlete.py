"""Follow the athlete through every video of a shard, or take boxes from another tool."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import _job
import numpy as np

from vpdlib.artifacts import ArtifactWriter, read_artifact
from vpdlib.artifacts.people import People
from vpdlib.artifacts.tracks import Tracks
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.tables import VideoRow, read_videos
from vpdlib.imports.boxes import boxes_of_keypoints, ends_early, supplied_boxes
from vpdlib.imports.keypoints import read_keypoints
from vpdlib.imports.supplied import check_length
from vpdlib.imports.supplied_keypoints import keypoints_in_pixels
from vpdlib.people.settings import PeopleSettings
from vpdlib.progress import note, track
from vpdlib.tracking.fill import AthleteTrack
from vpdlib.tracking.people import PeopleDetections
from vpdlib.tracking.settings import TrackingSettings
from vpdlib.tracking.track import supplied_track, track_athlete, track_datasets
from vpdlib.video.reader import DecodeReport
from vpdlib.video.shots import find_shots


def detections_of(video: People) -> PeopleDetections:
    """The people of one video, one list per sampled frame."""
    time_s = video.time_s
    num_people = video.num_people

    def by_frame(rows: np.ndarray) -> list[np.ndarray]:
        # No frame, no list: a split always gives one part.
        return np.split(rows, np.cumsum(num_people)[:-1])[: len(num_people)]

    return PeopleDetections(
        frames=video.frame,
        box_px=by_frame(video.box_px),
        score=by_frame(video.score),
        keypoints_px=by_frame(video.keypoints_px),
        num_frames=len(time_s),
        width=int(video.attributes["width"]),
        height=int(video.attributes["height"]),
        time_s=time_s,
        athlete=str(video.attributes["athlete"]),
        shot=video.shot,
        appearance=by_frame(video.appearance),
    )


def add_track(
    artifact: ArtifactWriter,
    video: str,
    athlete: AthleteTrack,
    time_s: np.ndarray,
    shot: np.ndarray,
    attributes: Mapping[str, Any],
) -> None:
    """Write one video's track, and say in the log what became of it."""
    if not (athlete.segment >= 0).any():
        note(f"{video}: no athlete; it is carried on as empty")
    else:
        fraction = np.mean(athlete.segment >= 0)
        note(
            f"{video}: {shot[-1] + 1} shots, {athlete.segment.max() + 1} segments of the athlete in "
            f"{fraction:.0%} of the frames"
        )
    artifact.add_video(video, track_datasets(athlete, time_s, shot), attributes)


def track_people(snakemake, artifact: ArtifactWriter) -> None:
    """Tracks from detections."""
    settings = TrackingSettings.model_validate(snakemake.params.settings)
    with read_artifact(snakemake.input.people, People) as people:
        for video in track(list(people.videos()), "tracking", unit="video"):
            detections = detections_of(video)
            athlete = track_athlete(detections, settings)
            add_track(
                artifact,
                video.video_id,
                athlete,
                detections.time_s,
                detections.shots,
                video.attributes,
            )


def take_boxes(
    videos: list[VideoRow],
    boxes: dict[str, np.ndarray],
    source: Path,
    may_end_early: bool,
    people: PeopleSettings,
    reading: VideoReading,
    artifact: ArtifactWriter,
) -> None:
    """Tracks from another tool's boxes.

    A video is decoded for its time stamps and cuts, as it would be for detection; where keypoints stand in for it,
    frames come at a constant rate.
    """
    for video in videos:
        report = DecodeReport(decoded=video.declared_frames, declared=video.declared_frames)
        time_s = np.arange(video.declared_frames) / video.fps
        shot = np.zeros(video.declared_frames, np.int32)
        if video.path:
            report = DecodeReport()
            frames = reading.tracked_frames(video, report)
            time_s, shot = find_shots(frames, people.cut_min_change, people.cut_min_ratio)
        broken = reading.broken(video)
        if broken:
            box_px = np.full((len(time_s), 4), np.nan, np.float32)
        else:
            box_px = check_length(boxes, video.video, len(time_s), source, may_end_early)
        for flag in report.flags:
            note(f"{video.video}: {flag}")
        add_track(
            artifact,
            video.video,
            supplied_track(box_px, shot),
            time_s,
            shot,
            {
                "fps": video.fps,
                "width": video.width,
                "height": video.height,
                "athlete": video.athlete,
                "decoded_frames": report.decoded,
                "declared_frames": report.declared,
                "flags": "; ".join(("boxes supplied", *report.flags)),
                "broken": broken,
            },
        )


def main(snakemake):
    inputs = snakemake.input
    with ArtifactWriter(snakemake.output[0], Tracks, _job.provenance_of(snakemake)) as artifact:
        if inputs.get("people"):
            track_people(snakemake, artifact)
            return
        videos = read_videos(inputs.videos)
        if not videos:
            return
        wanted = {video.video for video in videos}
        if inputs.get("boxes"):
            source = Path(inputs.boxes)
            boxes, may_end_early = supplied_boxes(source, videos), ends_early(source)
        else:
            source = Path(inputs.keypoints)
            clips = read_keypoints(source, snakemake.params.keypoints["joint_names"], only=wanted)
            keypoints = keypoints_in_pixels(source, clips, videos)
            boxes = {name: boxes_of_keypoints(one) for name, one in keypoints.items()}
            may_end_early = False
        people = PeopleSettings.model_validate(snakemake.params.people)
        reading = VideoReading(_job.on_bad_video(snakemake))
        take_boxes(videos, boxes, source, may_end_early, people, reading, artifact)


if __name__ == "__main__":
    _job.run(main)
