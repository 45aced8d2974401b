"""Does VIPE* find the same instant in another camera? Trained and measured on 3D motions of an npz.

A number of random frames of held-out motions are seen by one random camera (the queries) and by
another (the gallery). A query hits if the nearest of the gallery is its own instant; with slack, if
it is one of the same motion at most 0.2 s away. VIPE* is compared with the normalised 2D joints and
with chance. People to choose the epoch by (``--val``), people to measure (``--test``) and whole
sources to measure (``--test-source``) are never learnt from. Motions are in the form of
``vpdlib.vipe.motions``. Run: ``python -m benchmarks.vipe_cross_view motions.npz`` from the project's
root.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks._options import options_or_skip
from vpdlib.vipe.cameras import pose_part, random_inputs
from vpdlib.vipe.motions import Motion, read_motions_npz
from vpdlib.vipe.network import TrainedVipe
from vpdlib.vipe.sampling import PoseBank, draw_pairs
from vpdlib.vipe.settings import CameraSettings, VipeSettings
from vpdlib.vipe.train import train_vipe

SLACK_S = 0.2


def main() -> None:
    """Train, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("npz", type=Path, nargs="?", help="3D motions; without it nothing is done")
    parser.add_argument("--subjects", help="pattern of the subject in a motion's name")
    parser.add_argument("--val", nargs="*", default=[], help="subjects to choose the epoch by")
    parser.add_argument("--test", nargs="*", default=[], help="subjects to measure")
    parser.add_argument("--test-source", nargs="*", default=[], help="sources to measure")
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--samples", type=int, default=20_000, help="pairs per epoch")
    parser.add_argument("--rate", type=float, default=1e-3, help="learning rate")
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--candidates", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=1)
    options = options_or_skip(parser, "npz", "npz of 3D motions")
    motions = read_motions_npz(options.npz, options.subjects)
    tests = {
        "people": [m for m in motions if m.subject in options.test],
        **{f"source {s}": [m for m in motions if m.source == s] for s in options.test_source},
    }
    measured = {m.name for members in tests.values() for m in members}
    val = [m for m in motions if m.subject in options.val and m.name not in measured]
    train = [m for m in motions if m.subject not in options.val and m.name not in measured]
    settings = VipeSettings(
        hidden=options.hidden,
        epochs=options.epochs,
        samples_per_epoch=options.samples,
        val_samples=2000,
        learning_rate=options.rate,
        dropout=options.dropout,
        seed=options.seed,
    )
    print(settings.model_dump_json())
    print("train:", _size(train), "val:", _size(val))
    bank = PoseBank.build(train)
    start = time.perf_counter()
    pairs = draw_pairs(bank, np.random.default_rng(0), 20_000, settings)
    seconds = time.perf_counter() - start
    print(
        f"drawing: {len(pairs.frame) / seconds:.0f} pairs/s, "
        f"{100 * pairs.is_valid.mean():.1f} % with a negative"
    )
    start = time.perf_counter()
    model = train_vipe(train, val, settings, threads=options.threads)
    last = model.history[model.best_epoch - 1]
    print(f"training: {time.perf_counter() - start:.0f} s; best epoch {last}")
    for name, members in tests.items():
        if members:
            _measure(name, members, model, options.candidates, options.seed)


def _measure(
    name: str, motions: list[Motion], model: TrainedVipe, candidates: int, seed: int
) -> None:
    bank = PoseBank.build(motions)
    rng = np.random.default_rng([seed, 2])
    count = min(candidates, len(bank))
    frame = np.sort(rng.choice(len(bank), count, replace=False))
    # Frames of one motion closer than the slack are right as well.
    fps = np.concatenate([np.full(len(m.xyz), m.fps) for m in motions])[frame]
    near = np.abs(frame[:, None] - frame) <= SLACK_S * fps[:, None]
    near &= bank.start[frame][:, None] == bank.start[frame]
    print(f"{name}: {_size(motions)}, {count} candidates, chance {100 / count:.2f} %")
    for views, fraction in (("orthographic", 0.0), ("perspective", 1.0)):
        camera = CameraSettings(perspective_probability=fraction)
        rows = [random_inputs(rng, bank.xyz[frame], camera) for _ in range(2)]
        with torch.inference_mode():
            vipe = [model.encoder(torch.from_numpy(row)).numpy() for row in rows]
        for method, pair in (("VIPE*", vipe), ("2D joints", [pose_part(row) for row in rows])):
            distance = torch.cdist(torch.from_numpy(pair[0]), torch.from_numpy(pair[1])).numpy()
            found = distance.argmin(axis=1)
            rank = (distance < distance.diagonal()[:, None]).sum(axis=1)
            print(
                f"  {views}, {method}: hit@1 {100 * (found == np.arange(count)).mean():.1f} %, "
                f"hit@10 {100 * (rank < 10).mean():.1f} %, with slack "
                f"{100 * near[np.arange(count), found].mean():.1f} % "
                f"(chance {100 * near.mean():.2f} %)"
            )


def _size(motions: list[Motion]) -> str:
    people = len({(m.source, m.subject) for m in motions})
    return f"{sum(len(m.xyz) for m in motions)} frames, {len(motions)} motions, {people} people"


if __name__ == "__main__":
    main()
