"""Hard cuts: the library's test against PySceneDetect's detectors, on the same frames in the same run.

Clips of JHMDB follow one another without a gap, in an order drawn by a seed; every clip's first frame is a cut, and
no other frame is. The settings were chosen on the first 400 clips of the order; the figures printed first are those
of the others. PySceneDetect gets frames scaled to 256 x 192, with its default settings but for the least length of
a scene, which is a frame, as for ours. Then the same with something between the clips: one to five black pictures, one
that is half of each, one with a field of each; a cut counts as found at the first frame of the next clip, or of
what lies between. Run: ``VPD_DATA=... python benchmarks/cuts.py`` from the project's root.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from scenedetect.common import FrameTimecode
from scenedetect.detectors import AdaptiveDetector, ContentDetector

from vpdlib.people.settings import PeopleSettings
from vpdlib.video.reader import Frame, read_frames
from vpdlib.video.shots import ShotFinder

#: What lies between clips: black pictures, a blended one, one with a field of each.
BETWEEN = ("1 black", "2 black", "3 black", "5 black", "blended", "fields")
#: Clips of the order on which the settings were chosen.
NUM_CHOSEN_ON = 400
FPS = 25.0


def between(kind: str, before: np.ndarray, after: np.ndarray) -> list[np.ndarray]:
    """Pictures between two clips."""
    if kind.endswith("black"):
        return [np.zeros_like(after)] * int(kind.split()[0])
    before = cv2.resize(before, after.shape[1::-1])
    if kind == "blended":
        return [((before.astype(np.uint16) + after) // 2).astype(np.uint8)]
    mixed = before.copy()
    mixed[1::2] = after[1::2]
    return [mixed]


def joined(clips: list[Path], kinds: tuple[str, ...] = ()) -> Iterator[tuple[np.ndarray, str]]:
    """Frames of clips one after another, and what a frame begins: a clip, what lies before it, or nothing."""
    last = None
    for number, clip in enumerate(clips):
        for frame in read_frames(clip):
            begins = ""
            if frame.index == 0 and last is not None:
                begins = "clip"
                if kinds:
                    begins = kinds[number % len(kinds)]
                    for place, rgb in enumerate(between(begins, last, frame.rgb)):
                        yield rgb, "" if place else "between"
            yield frame.rgb, begins
            last = frame.rgb


def measure(
    clips: list[Path], kinds: tuple[str, ...] = ()
) -> tuple[dict[str, tuple[str, int, int, int, float]], int]:
    """Cuts found (by kind too), missed and invented, and ms a frame, by detector; and the number of frames."""
    settings = PeopleSettings()
    ours = ShotFinder(settings.cut_min_change, settings.cut_min_ratio)
    peers = {
        "PySceneDetect adaptive": AdaptiveDetector(min_scene_len=1),
        "PySceneDetect content": ContentDetector(min_scene_len=1),
    }
    found: dict[str, set[int]] = {name: set() for name in ("ours", *peers)}
    spent = dict.fromkeys(found, 0.0)
    true: dict[int, str] = {}
    # Cuts that are neither found nor invented: into what lies between.
    also: dict[int, int] = {}
    number, began = -1, -1
    for number, (rgb, begins) in enumerate(joined(clips, kinds)):
        if begins == "between":
            began = number
        elif begins:
            true[number] = begins
            if kinds:
                also[began] = number
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
    counts = {}
    for name, cuts in found.items():
        hits = {also.get(cut, cut) for cut in cuts} & true.keys()
        of_kind = Counter(true[cut] for cut in hits)
        counts[name] = (
            " ".join(f"{kind}: {of_kind[kind]}" for kind in kinds),
            len(hits),
            len(true.keys() - hits),
            len(cuts - true.keys() - also.keys()),
            1000 * spent[name] / (number + 1),
        )
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
    print("clips,between,detector,frames,cuts found,missed,invented,ms a frame,found by kind")
    for part, chosen in parts.items():
        for kinds in ((), BETWEEN):
            counts, num_frames = measure(chosen, kinds)
            for name, (of_kind, hits, missed, invented, cost_ms) in counts.items():
                what = "something" if kinds else "nothing"
                row = [part, what, name, num_frames, hits, missed, invented, f"{cost_ms:.2f}"]
                print(",".join(map(str, [*row, of_kind])), flush=True)


if __name__ == "__main__":
    main()
