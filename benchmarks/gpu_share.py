"""What do two jobs gain that share a GPU (``gpu_share: 2``, docs/gpu.md), against one that has it alone?

Each process embeds crops of noise by the paper's student (ResNet-34, 128 px, mixed precision as in the stage) through
the stage's own code, with reading and copying, for a fixed time. First one process alone, then as many as share; all
start together, and what is compared is crops a second of all. The peer is the one process alone. Prints also the memory
of the GPU that a process takes, which says how many have room. Needs a GPU: ``python -m benchmarks.gpu_share``; on an
H200 some three minutes by its own clock (two periods of ``--seconds`` and the start of the processes).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time

import numpy as np
import torch

from vpdlib.students.embed import embed
from vpdlib.students.frames import ArrayFrames
from vpdlib.students.network import build_student
from vpdlib.students.settings import StudentSettings
from vpdlib.students.student import TrainedStudent

POSE_DIM = 26


def main() -> None:
    """Measure and print, or be one of the processes that are measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=int, default=2, help="processes that share the GPU")
    parser.add_argument("--seconds", type=float, default=60.0, help="that each period takes")
    parser.add_argument("--threads", type=int, default=4, help="of the CPU, of each process")
    parser.add_argument("--batch", type=int, default=500, help="crops of a step, as in the stage")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("skipped: torch finds no CUDA device here; run it on a machine with an NVIDIA GPU")
        return
    if options.worker:
        _work(options)
        return
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}; crops a second, of all")
    rates = {}
    for number in (1, options.share):
        found = _together(number)
        rates[number] = sum(one["rate"] for one in found)
        memory = max(one["memory_mib"] for one in found)
        print(
            f"{number} processes: {rates[number]:.0f}; {memory:.0f} MiB of torch each", flush=True
        )
    print(f"ratio {rates[options.share] / rates[1]:.2f}")


def _together(number: int) -> list[dict[str, float]]:
    """Run so many processes, which begin once all are ready; what each has found."""
    command = [sys.executable, "-m", "benchmarks.gpu_share", "--worker", *sys.argv[1:]]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(number)
    ]
    found = []
    try:
        for process in processes:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise RuntimeError(f"a process ended before it began, with {process.wait()}")
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        for process in processes:
            said, _ = process.communicate()
            if process.returncode:
                raise RuntimeError(f"a process ended with {process.returncode}")
            found.append(json.loads(said))
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return found


def _work(options: argparse.Namespace) -> None:
    """Be ready, wait for a line, embed for the time that is asked for, and say how many crops a second it were."""
    settings = StudentSettings()
    side = settings.crop_px
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (4 * options.batch, side, side, 3), np.uint8)
    flow = rng.integers(0, 256, (4 * options.batch, side, side, 2), np.uint8)
    frames = ArrayFrames(rgb, others={"flow": flow})
    encoder, decoder = build_student(settings, POSE_DIM)
    student = TrainedStudent(settings, encoder, decoder, POSE_DIM, (0.5,) * 3, (0.25,) * 3, 1)
    student.to("cuda")

    def once() -> int:
        return len(embed(student, frames, options.batch, "cuda", options.threads))

    once()
    torch.cuda.synchronize()
    print("ready", flush=True)
    sys.stdin.readline()
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < options.seconds:
        done += once()
    torch.cuda.synchronize()
    rate = done / (time.perf_counter() - start)
    memory = torch.cuda.max_memory_reserved() / 2**20
    print(json.dumps({"rate": rate, "memory_mib": memory}))


if __name__ == "__main__":
    main()
