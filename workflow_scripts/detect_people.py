"""Detect every person in every n-th frame of a shard's videos."""

from pathlib import Path

import _job

from vpdlib.artifacts import ArtifactWriter
from vpdlib.artifacts.people import People
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.tables import read_videos
from vpdlib.devices import choose_device
from vpdlib.people.build import build_detector
from vpdlib.people.detect import detect_video
from vpdlib.people.settings import PeopleSettings
from vpdlib.progress import note
from vpdlib.video.reader import DecodeReport


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
    reading = VideoReading(_job.on_bad_video(snakemake))
    done_path, found, report = None, None, DecodeReport()
    with ArtifactWriter(snakemake.output[0], People, _job.provenance_of(snakemake)) as artifact:
        for video in videos:
            if video.path != done_path:
                report = DecodeReport()
                found = detect_video(reading.tracked_frames(video, report), detector, settings)
                done_path = video.path
            for flag in report.flags:
                note(f"{video.video}: {flag}")
            if not len(found.datasets["box_px"]):
                note(f"{video.video}: nobody was found; it is carried on as empty")
            # Published facts may be those of another resolution than the file at hand.
            width, height = found.size or (video.width, video.height)
            artifact.add_video(
                video.video,
                found.datasets,
                {
                    "fps": video.fps,
                    "athlete": video.athlete,
                    "width": width,
                    "height": height,
                    "decoded_frames": report.decoded,
                    "declared_frames": report.declared,
                    "flags": "; ".join(report.flags),
                    "broken": reading.broken(video),
                },
            )


if __name__ == "__main__":
    _job.run(main)
