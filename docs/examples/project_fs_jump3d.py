"""Project the 3D jumps of FS-Jump3D to keypoints, each take through a camera of its own.

Not a measurement: it makes ``keypoints.h5`` and ``labels.csv`` for ``datasets/fsjump3d.yaml``. The six single jumps
are taken (240 takes of four skaters); the skater left out is the test split.

    python docs/examples/project_fs_jump3d.py <fs_jump3d.npz> <out folder> [--test-skater Skater_D] [--seed 0]

The npz holds ``xyz`` (sum of frames, 17, 3) in metres, z up, Human3.6M's order of joints, and per take ``start``,
``length``, ``label``, ``skater``, ``clip``, and ``fps``.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import h5py
import numpy as np

JUMPS = ("Axel", "Lutz", "Flip", "Loop", "Salchow", "Toeloop")
#: A pinhole camera: focal length in px, principal point, distance to the jump's middle in metres.
FOCAL_PX, CENTRE_PX, DISTANCE_M = 1500.0, (960.0, 540.0), (9.0, 16.0)


def project(xyz: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """See a take (T, 17, 3), metres, z up, through a random camera: (T, 17, 2) px, y down."""
    azimuth = rng.uniform(-np.pi, np.pi)
    elevation, roll = rng.uniform(np.deg2rad([-5, -4]), np.deg2rad([30, 4]))
    # The camera looks along -d; right and up complete it.
    d = np.array(
        [
            np.cos(azimuth) * np.cos(elevation),
            np.sin(azimuth) * np.cos(elevation),
            np.sin(elevation),
        ]
    )
    right = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
    up = np.cross(d, right)
    right, up = (
        np.cos(roll) * right + np.sin(roll) * up,
        np.cos(roll) * up - np.sin(roll) * right,
    )
    centred = xyz - xyz.mean(axis=(0, 1))
    # A tracking camera keeps the skater at a distance.
    depth = rng.uniform(*DISTANCE_M) - centred @ d
    x = CENTRE_PX[0] + FOCAL_PX * (centred @ right) / depth
    y = CENTRE_PX[1] - FOCAL_PX * (centred @ up) / depth
    return np.stack([x, y], axis=-1)


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("npz", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--test-skater", default="Skater_D")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with np.load(options.npz, allow_pickle=False) as file:
        data = {name: file[name] for name in file.files}
    if options.test_skater not in data["skater"]:
        parser.error(f"no skater {options.test_skater!r}; there are {sorted(set(data['skater']))}")
    rng = np.random.default_rng(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    with (
        h5py.File(options.out / "keypoints.h5", "w") as keypoints,
        (options.out / "labels.csv").open("w", newline="", encoding="utf-8") as stream,
    ):
        keypoints.attrs.update(fps=float(data["fps"]), width=1920, height=1080)
        table = csv.writer(stream)
        table.writerow(["video", "label", "split", "group"])
        for start, length, label, skater, clip in zip(
            *(data[name] for name in ("start", "length", "label", "skater", "clip")), strict=True
        ):
            if label not in JUMPS:
                continue
            name = f"{skater}_{clip}"
            pose_px = project(data["xyz"][start : start + length], rng)
            keypoints.create_dataset(f"{name}/keypoints", data=pose_px.astype(np.float32))
            table.writerow(
                [name, label, "test" if skater == options.test_skater else "train", skater]
            )


if __name__ == "__main__":
    main()
