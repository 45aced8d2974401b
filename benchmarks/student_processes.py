"""What do several processes gain in training a student on one CPU? The same global batch by one process and by more.

Every run trains the same student on crops of noise, which take the time that real ones do; its losses are the same but
for rounding, and their greatest difference is printed. The peer is the same training by torch's own threads in one
process, as many as all processes have. Run: ``python -m benchmarks.student_processes --processes 2 --threads 2``.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from vpdlib.students.frames import ArrayFrames
from vpdlib.students.settings import StudentSettings
from vpdlib.students.train import train_student
from vpdlib.training import torchrun
from vpdlib.training.distributed import ALONE, World, joined

POSE_DIM = 26
_OUT = "VPD_BENCHMARK_OUT"


def main() -> None:
    """Measure and print, or be one of the processes that are measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2, help="of all processes together")
    parser.add_argument("--crop", type=int, default=64, help="side, px")
    parser.add_argument("--batch", type=int, default=50, help="crops of a step, of all processes")
    parser.add_argument("--steps", type=int, default=20, help="of an epoch; the first one warms up")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--architecture", default="residual")
    options = parser.parse_args()
    folder = Path(os.environ.get(_OUT, ""))
    if torchrun.is_started():
        with torchrun.reporting(folder), joined("cpu") as world:
            found = _train(options, world)
            if world.is_first:
                torch.save(found, folder / "found")
        return
    print(f"{options.architecture}, {options.crop} px, batches of {options.batch}; crops a second")
    alone = _train(options, ALONE)
    print(f"1 process, {options.threads} threads: {alone[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        os.environ[_OUT] = name
        command = [sys.executable, "-m", "benchmarks.student_processes", *sys.argv[1:]]
        torchrun.run_agent(command, options.processes, Path(name), Path(name))
        together = torch.load(Path(name, "found"), weights_only=True)
    each = max(1, options.threads // options.processes)
    print(f"{options.processes} processes, {each} threads each: {together[0]:.1f}")
    apart = max(abs(a - b) / a for a, b in zip(alone[1], together[1], strict=True))
    print(f"ratio {together[0] / alone[0]:.2f}; losses apart by {apart:.1e} of their size at most")


def _train(options: argparse.Namespace, world: World) -> tuple[float, list[float]]:
    """Crops a second of all epochs but the first, and the training losses."""
    settings = StudentSettings(
        architecture=options.architecture,
        crop_px=options.crop,
        batch_size=options.batch,
        samples_per_epoch=options.batch * options.steps,
        epochs=options.epochs,
        val_samples=1,
    )
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (500, options.crop, options.crop, 3), np.uint8)
    flow = rng.integers(0, 256, (500, options.crop, options.crop, 2), np.uint8)
    pose = rng.normal(size=(500, 2, POSE_DIM)).astype(np.float32)
    ends: list[float] = []
    student = train_student(
        ArrayFrames(rgb, others={"flow": flow}),
        pose,
        pose,
        np.arange(10, 500),
        np.arange(10),
        settings,
        threads=world.threads(options.threads),
        on_epoch=lambda entry: ends.append(time.perf_counter()),
        world=world,
    )
    rate = settings.samples_per_epoch * (options.epochs - 1) / (ends[-1] - ends[0])
    return rate, [entry["train_loss"] for entry in student.history]


if __name__ == "__main__":
    main()
