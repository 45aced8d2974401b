"""Detect every person in every n-th frame of a shard's videos."""

from pathlib import Path

import _job
import numpy as np

from vpdlib.artifacts import ArtifactWriter
from vpdlib.datasets.opening import frames_of
from vpdlib.datasets.tables import VideoRow, read_videos
from vpdlib.devices import choose_device
from vpdlib.people.base import People, PersonDetector
from vpdlib.people.build import build_detector
from vpdlib.people.settings import PeopleSettings
from vpdlib.progress import note, track
from vpdlib.video.reader import DecodeReport


def detect_video(
    video: VideoRow, detector: PersonDetector, settings: PeopleSettings
) -> tuple[dict[str, np.ndarray], tuple[int, int], DecodeReport]:
    """Datasets of one video for the people artifact, width and height as decoded, and how decoding went."""
    report = DecodeReport()
    # Published facts may be those of another resolution than the file at hand.
    size = video.width, video.height
    time_s: list[float] = []
    frame: list[int] = []
    found: list[People] = []
    waiting: list[np.ndarray] = []
    frames = frames_of(video, report=report)
    for item in track(frames, video.video, total=video.declared_frames, unit="frame"):
        time_s.append(item.time_s)
        size = item.rgb.shape[1], item.rgb.shape[0]
        if item.index % settings.every_nth_frame == 0:
            frame.append(item.index)
            waiting.append(item.rgb)
        # Frames are large: no more of them than a batch are held.
        if len(waiting) == detector.batch_size:
            found += detector.detect_many(waiting)
            waiting = []
    if waiting:
        found += detector.detect_many(waiting)
    empty = People.empty()
    datasets = {
        "time_s": np.array(time_s, np.float64),
        "frame": np.array(frame, np.int32),
        "num_people": np.array([len(p) for p in found], np.int32),
        "box_px": np.concatenate([p.box_px for p in (empty, *found)]),
        "score": np.concatenate([p.score for p in (empty, *found)]),
        "source": np.concatenate([p.source for p in (empty, *found)]),
        "keypoints_px": np.concatenate([p.keypoints_px for p in (empty, *found)]),
    }
    if settings.has_masks:
        datasets["mask"] = np.concatenate([p.mask_rows for p in (empty, *found)])
    return datasets, size, report


def main(snakemake):
    settings = PeopleSettings.model_validate(snakemake.params.settings)
    # The embedded detectors run on the CPU and need no torch.
    device = choose_device(_job.device(snakemake)) if "mmdet" in settings.detectors else "cpu"
    detector = build_detector(
        settings, Path(snakemake.params.networks_dir), device, snakemake.threads
    )
    videos = read_videos(snakemake.input.videos)
    # Two athletes of one file are two videos of one shard: the file is looked through once.
    videos.sort(key=lambda video: video.path)
    done_path, datasets, size, report = None, {}, (0, 0), DecodeReport()
    with ArtifactWriter(snakemake.output[0], "people", _job.origin(snakemake)) as artifact:
        for video in videos:
            if video.path != done_path:
                datasets, size, report = detect_video(video, detector, settings)
                done_path = video.path
            for flag in report.flags:
                note(f"{video.video}: {flag}")
            if not len(datasets["box_px"]):
                note(f"{video.video}: nobody was found; it is carried on as empty")
            artifact.add_video(
                video.video,
                datasets,
                {
                    "fps": video.fps,
                    "athlete": video.athlete,
                    "width": size[0],
                    "height": size[1],
                    "decoded_frames": report.decoded,
                    "declared_frames": report.declared,
                    "flags": "; ".join(report.flags),
                },
            )


if __name__ == "__main__":
    _job.run(main, snakemake)
