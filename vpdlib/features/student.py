"""Feature sets of students: descriptors of crops, and of what else the student sees."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vpdlib.artifacts import Artifact
from vpdlib.artifacts.crops import Crops
from vpdlib.features.crops import CropEmbedder, CropJob
from vpdlib.students.corpus import FrameRef, open_frames
from vpdlib.students.embed import embed
from vpdlib.students.save import load_student


def embedder(job: CropJob) -> CropEmbedder:
    """What describes crops; see `vpdlib.features.crops`.

    Raises
    ------
    ValueError
        If the student's folder is damaged.
    """
    student = load_student(job.inputs["model"])
    others = {name: [job.inputs[name]] for name in student.settings.seen}

    def describe(crops: Artifact[Crops]) -> Iterator[np.ndarray]:
        """All videos at once, since batches of frames may be of several."""
        lengths = {video.video_id: video.num_rows("frame") for video in crops.videos()}
        refs = [FrameRef(0, name, row) for name, length in lengths.items() for row in range(length)]
        descriptor = np.empty((0, 2, student.dim), np.float32)
        if refs:
            frames = open_frames([crops.path], others, refs, with_masks=False, in_memory=False)
            descriptor = embed(
                student,
                frames,
                device=job.device,
                threads=job.threads,
                num_workers=student.settings.num_workers,
            )
        first = 0
        for length in lengths.values():
            yield descriptor[first : first + length]
            first += length

    return CropEmbedder(describe)
