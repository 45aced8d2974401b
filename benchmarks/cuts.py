"""Hard cuts: the library's test against PySceneDetect's detectors, on the same frames in the same run.

Clips of JHMDB follow one another without a gap, in an order drawn by a seed; every clip's first frame is a cut, and
no other frame is. The settings were chosen on the first 400 clips of the order; the figures printed first are those
of the others. PySceneDetect gets frames scaled to 256 x 192, with its default settings but for the least length of
a scene, which is a frame, as for ours. Run: ``VPD_DATA=... python benchmarks/cuts.py`` from the project's root.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from scenedetect.common import FrameTimecode
from scenedetect.detectors import AdaptiveDetector, ContentDetector

from vpdlib.people.settings import PeopleSettings
from vpdlib.video.reader import Frame, read_frames
from vpdlib.video.shots import ShotFinder

#: Clips of the order on which the settings were chosen.
NUM_CHOSEN_ON = 400
FPS = 25.0


def joined(clips: list[Path]) -> Iterator[tuple[np.ndarray, bool]]:
    """Frames of clips one after another, and whether a clip begins there."""
    for clip in clips:
        for frame in read_frames(clip):
            yield frame.rgb, frame.index == 0


def measure(clips: list[Path]) -> tuple[dict[str, tuple[int, int, int, float]], int]:
    """Cuts found, missed and invented, and ms a frame, by detector; and the number of frames."""
    settings = PeopleSettings()
    ours = ShotFinder(settings.cut_min_change, settings.cut_min_ratio)
    peers = {
        "PySceneDetect adaptive": AdaptiveDetector(min_scene_len=1),
        "PySceneDetect content": ContentDetector(min_scene_len=1),
    }
    found: dict[str, set[int]] = {name: set() for name in ("ours", *peers)}
    spent = dict.fromkeys(found, 0.0)
    true = set()
    number = -1
    for number, (rgb, begins) in enumerate(joined(clips)):
        if begins and number:
            true.add(number)
        start = time.perf_counter()
        ours.add(Frame(number, number / FPS, rgb))
        spent["ours"] += time.perf_counter() - start
        for name, peer in peers.items():
            start = time.perf_counter()
            small = cv2.resize(rgb[..., ::-1], (256, 192), interpolation=cv2.INTER_AREA)
            cuts = peer.process_frame(FrameTimecode(number, FPS), small)
            spent[name] += time.perf_counter() - start
            found[name] |= {cut.frame_num for cut in cuts}
    found["ours"] = set((np.flatnonzero(np.diff(ours.shots())) + 1).tolist())
    counts = {
        name: (
            len(cuts & true),
            len(true - cuts),
            len(cuts - true),
            1000 * spent[name] / (number + 1),
        )
        for name, cuts in found.items()
    }
    return counts, number + 1


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the order of the clips")
    options = parser.parse_args()
    folder = Path(os.environ.get("VPD_DATA", "data")) / "jhmdb" / "clips"
    clips = sorted(folder.glob("*/*.mp4"))
    if not clips:
        print(f"cuts: skipped, there are no clips of JHMDB in {folder} (set VPD_DATA)")
        return
    random.Random(options.seed).shuffle(clips)
    cv2.setNumThreads(1)
    parts = {"held out": clips[NUM_CHOSEN_ON:], "chosen on": clips[:NUM_CHOSEN_ON]}
    print("clips,detector,frames,cuts found,missed,invented,ms a frame")
    for part, chosen in parts.items():
        counts, num_frames = measure(chosen)
        for name, (hits, missed, invented, cost_ms) in counts.items():
            print(f"{part},{name},{num_frames},{hits},{missed},{invented},{cost_ms:.2f}")


if __name__ == "__main__":
    main()
