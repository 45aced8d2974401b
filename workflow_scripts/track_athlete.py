"""Follow the athlete through every video of a shard, or take boxes from another tool."""

from pathlib import Path

import _job
import numpy as np

from vpdlib.artifacts import ArtifactWriter
from vpdlib.artifacts.tracks import Tracks
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.settings import KeypointSettings
from vpdlib.datasets.tables import VideoRow, read_videos
from vpdlib.interchange.boxes import ends_early, supplied_boxes
from vpdlib.interchange.given_poses import read_poses, tell
from vpdlib.interchange.keypoint_boxes import boxes_of_keypoints
from vpdlib.interchange.supplied import check_length
from vpdlib.interchange.supplied_keypoints import keypoints_in_pixels
from vpdlib.people.settings import PeopleSettings
from vpdlib.progress import note
from vpdlib.tracking.given import people_of_keypoints
from vpdlib.tracking.settings import TrackingSettings
from vpdlib.tracking.track import supplied_track, track_athlete
from vpdlib.tracking.write import add_track, write_tracks
from vpdlib.video.reader import DecodeReport
from vpdlib.video.shots import find_shots


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

    A video is decoded for its time stamps and cuts, as it would be for detection; where there is none, frames come at
    a constant rate.
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
        add_given(
            artifact, video, supplied_track(box_px, shot), time_s, shot, report, broken=broken
        )


def add_given(artifact, video, athlete, time_s, shot, report, broken="") -> None:
    """Write the track of a video that follows from what another tool made."""
    add_track(
        artifact,
        video.video,
        athlete,
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


def follow_keypoints(videos: list[VideoRow], snakemake, artifact: ArtifactWriter) -> None:
    """Tracks from keypoints that stand in for the videos: around the one person, or whom our rule chooses of several.

    Frames come at a constant rate, in one shot.
    """
    settings = KeypointSettings(**snakemake.params.keypoints)
    given = read_poses(_job.paths(snakemake.input.keypoints), settings, videos=videos)
    tell(given)
    tracking = TrackingSettings.model_validate(snakemake.params.settings)
    keypoints_of = keypoints_in_pixels(given.path, given.clips, videos)
    for video in videos:
        keypoints = check_length(
            keypoints_of,
            video.video,
            video.declared_frames,
            given.path,
            ends_early=video.video in given.clips and given.clips[video.video].may_end_early,
        )
        time_s = np.arange(video.declared_frames) / video.fps
        shot = np.zeros(video.declared_frames, np.int32)
        if keypoints.ndim == 3:
            athlete = supplied_track(boxes_of_keypoints(keypoints), shot)
        else:
            people = people_of_keypoints(
                keypoints, time_s, video.width, video.height, video.athlete
            )
            athlete = track_athlete(people, tracking)
        report = DecodeReport(decoded=video.declared_frames, declared=video.declared_frames)
        add_given(artifact, video, athlete, time_s, shot, report)


def main(snakemake):
    inputs, path, provenance = snakemake.input, snakemake.output[0], _job.provenance_of(snakemake)
    if inputs.get("people"):
        settings = TrackingSettings.model_validate(snakemake.params.settings)
        write_tracks(path, provenance, inputs.people, settings)
        return
    with ArtifactWriter(path, Tracks, provenance) as artifact:
        videos = read_videos(inputs.videos)
        if not videos:
            return
        if not inputs.get("boxes"):
            follow_keypoints(videos, snakemake, artifact)
            return
        source = Path(inputs.boxes)
        boxes, may_end_early = supplied_boxes(source, videos), ends_early(source)
        people = PeopleSettings.model_validate(snakemake.params.people)
        reading = VideoReading(_job.on_bad_video(snakemake))
        take_boxes(videos, boxes, source, may_end_early, people, reading, artifact)


if __name__ == "__main__":
    _job.run(main)
