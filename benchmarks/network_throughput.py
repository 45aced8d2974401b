"""Do the stages keep a GPU busy? Each network through its stage's own code, beside the same network fed on the device.

The limit is the same network, batch and precision, with tensors that lie on the device already and nothing else to do;
what a stage loses against it goes into reading, copying, cutting, augmentation and decoding. Weights are random: they
do not change the time. Aim: 0.8 of the limit. Run on a GPU: ``python -m benchmarks.network_throughput --device cuda``;
``--small`` takes small networks and few frames, to try it on a CPU.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from vpdlib.compat import install
from vpdlib.flow.raft import RaftFlow, raft_network
from vpdlib.poses.base import View
from vpdlib.poses.mmpose_teacher import MMPoseTeacher
from vpdlib.poses.settings import MMPoseSettings
from vpdlib.students.embed import embed
from vpdlib.students.frames import ArrayFrames
from vpdlib.students.network import build_student
from vpdlib.students.settings import StudentSettings
from vpdlib.students.train import train_student
from vpdlib.training.precision import amp_dtype
from vpdlib.weights.zoo import find_config

install()
POSE_DIM = 26


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--small", action="store_true", help="small networks, few frames")
    parser.add_argument("--architecture", help="of the small student; residual if not given")
    parser.add_argument("--only", nargs="*", default=list(MEASURED), choices=list(MEASURED))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0, help="of the student's reader")
    options = parser.parse_args()
    if options.architecture and not options.small:
        parser.error("--architecture is of the small student: give --small too")
    if options.device == "cpu" and not options.small:
        print("skipped: give --device cuda, or --small for a CPU")
        return
    device = torch.cuda.get_device_name() if options.device == "cuda" else "CPU"
    print(f"{device}, {options.threads} threads, torch {torch.__version__}")
    print(f"{'':34}{'ours':>10}{'limit':>10}{'ratio':>8}   per second")
    for name in options.only:
        title, measure = MEASURED[name]
        ours, limit = measure(options)
        print(f"{title:34}{ours:10.1f}{limit:10.1f}{ours / limit:8.2f}", flush=True)


def rate(run: Callable[[], int], device: str) -> float:
    """Items a second of ``run``, which does some work and says how many items it was; after one call to warm up."""
    run()
    _wait(device)
    start = time.perf_counter()
    items = run()
    _wait(device)
    return items / (time.perf_counter() - start)


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def pose_teacher(options: argparse.Namespace) -> tuple[float, float]:
    """HRNet-W48 at 384 x 288 with flip test, on 720p frames."""
    from mmengine.config import Config
    from mmpose.apis import init_model

    reference = "td-hm_hrnet-w48_8xb32-210e_coco-384x288"
    batch, repeats = (32, 20) if not options.small else (2, 2)
    if options.small:
        reference = "td-hm_hrnet-w32_8xb64-210e_coco-256x192"
    config = Config.fromfile(find_config("mmpose", reference))
    config.model.backbone.init_cfg = None
    network = init_model(config, device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.pth"
        torch.save(network.state_dict(), path)
        settings = MMPoseSettings(config=reference, checkpoint=str(path), batch_size=batch)
        teacher = MMPoseTeacher(settings, Path(folder), options.device, options.threads)
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (720, 1280, 3), np.uint8) for _ in range(batch)]
    views = [View(frame, np.array([500.0, 200, 700, 600])) for frame in frames]
    ours = rate(lambda: len(teacher.estimate_many(views * repeats)), options.device)
    model = teacher._model
    height, width = config.codec.input_size[::-1]
    pictures = torch.randn(batch, 3, height, width, device=options.device)
    pictures = pictures.to(memory_format=torch.channels_last)

    def limit() -> int:
        with torch.inference_mode(), _float16(options.device):
            for _ in range(repeats):
                for _ in range(2):  # the picture and its flipped image
                    model.head.forward(model.extract_feat(pictures))
        return batch * repeats

    return ours, rate(limit, options.device)


def flow(options: argparse.Namespace) -> tuple[float, float]:
    """RAFT large, as the paper runs it."""
    batch, repeats = (50, 10) if not options.small else (2, 2)
    network = raft_network("raft_small" if options.small else "raft_large")
    estimator = RaftFlow(network, 20, batch, options.device, options.threads)
    crops = np.random.default_rng(0).integers(0, 256, (batch * repeats, 128, 128, 3), np.uint8)
    ours = rate(lambda: len(estimator.estimate_many(crops, crops[::-1].copy())), options.device)
    pictures = torch.rand(batch, 3, 128, 128, device=options.device) * 2 - 1

    def limit() -> int:
        with torch.inference_mode():
            for _ in range(repeats):
                estimator._run(pictures, pictures.flip(0))
        return batch * repeats

    return ours, rate(limit, options.device)


def student_settings(options: argparse.Namespace) -> StudentSettings:
    """The paper's student, or a small one."""
    if options.small:
        small = {
            "architecture": options.architecture or "residual",
            "crop_px": 64,
            "batch_size": 50,
        }
        return StudentSettings(**small, val_samples=20, epochs=1, samples_per_epoch=1000)
    return StudentSettings(epochs=1, val_samples=100, num_workers=options.workers)


def some_frames(settings: StudentSettings) -> tuple[ArrayFrames, np.ndarray, np.ndarray]:
    """2,000 crops of noise, poses for them, and their indices."""
    rng = np.random.default_rng(0)
    side = settings.crop_px
    rgb = rng.integers(0, 256, (2000, side, side, 3), np.uint8)
    flow = rng.integers(0, 256, (2000, side, side, 2), np.uint8)
    frames = ArrayFrames(rgb, others={"flow": flow})
    return frames, rng.normal(size=(2000, 2, POSE_DIM)).astype(np.float32), np.arange(2000)


def training(options: argparse.Namespace) -> tuple[float, float]:
    """ResNet-34, batches of 100, augmentation on; one epoch of 20,000 crops."""
    settings = student_settings(options)
    frames, pose, indices = some_frames(settings)

    def ours() -> int:
        train_student(
            frames,
            pose,
            pose,
            indices[100:],
            indices[:100],
            settings,
            options.device,
            options.threads,
        )
        return settings.samples_per_epoch

    torch.set_num_threads(options.threads)
    encoder, decoder = build_student(settings, POSE_DIM)
    assert decoder is not None
    network = nn.Sequential(encoder, decoder).to(options.device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate)
    side = settings.crop_px
    inputs = torch.randn(settings.batch_size, 5, side, side, device=options.device)
    inputs = inputs.to(memory_format=torch.channels_last)
    target = torch.randn(settings.batch_size, 2 * POSE_DIM, device=options.device)
    precision = amp_dtype(torch.device(options.device), settings.amp)

    def limit() -> int:
        steps = settings.samples_per_epoch // settings.batch_size
        for _ in range(steps):
            with torch.autocast(options.device, dtype=precision, enabled=precision is not None):
                loss = ((network(inputs) - target) ** 2).sum()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        return steps * settings.batch_size

    return rate(ours, options.device), rate(limit, options.device)


def embedding(options: argparse.Namespace) -> tuple[float, float]:
    """ResNet-34, each crop and its flipped image."""
    settings = student_settings(options)
    frames, pose, indices = some_frames(settings)
    brief = settings.model_copy(update={"samples_per_epoch": settings.batch_size})
    student = train_student(
        frames, pose, pose, indices[100:], indices[:100], brief, options.device, options.threads
    )
    batch = 500 if not options.small else 50
    ours = rate(
        lambda: len(embed(student, frames, batch, options.device, options.threads)), options.device
    )
    side = settings.crop_px
    inputs = torch.randn(batch, 5, side, side, device=options.device)
    inputs = inputs.to(memory_format=torch.channels_last)

    def limit() -> int:
        with torch.inference_mode():
            for _ in range(len(frames) // batch):
                for _ in range(2):
                    student.encoder(inputs)
        return len(frames)

    return ours, rate(limit, options.device)


def _float16(device: str) -> torch.autocast:
    return torch.autocast(device, dtype=torch.float16, enabled=device == "cuda")


Measure = Callable[[argparse.Namespace], tuple[float, float]]
MEASURED: dict[str, tuple[str, Measure]] = {
    "pose": ("pose teacher", pose_teacher),
    "flow": ("RAFT, 20 iterations, 128 px pairs", flow),
    "training": ("student, training", training),
    "embedding": ("student, embedding (both rows)", embedding),
}


if __name__ == "__main__":
    main()
