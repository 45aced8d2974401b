"""Does VIPE* help with few examples, from views never seen? Actions of 3D motions, one person left out at a time.

Every labelled motion of one source is seen by one random camera of its own. The person left out is the test set; the
others' motions train, k of a class. VIPE* is trained anew for each person, from all motions of the npz but that
person's, and is compared with the normalised 2D joints by both heads. The accuracy is over all people's motions, each
recognised when its person was left out; mean and deviation are over the few-shot subsets. Motions are in the form of
``vpdlib.vipe.motions``, with labels (C,) of strings besides. Run: ``python -m benchmarks.person_left_out motions.npz
--source fsjump3d`` from the project's root.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from benchmarks._options import options_or_skip
from vpdlib.poses.normalize import teacher_rows
from vpdlib.recognition.actions import ActionTable, make_trials
from vpdlib.recognition.settings import BiGRUSettings, RecognitionSettings
from vpdlib.recognition.trials import run_regime
from vpdlib.vipe.cameras import Views, detector_like, project, random_views
from vpdlib.vipe.embed import embed_poses
from vpdlib.vipe.motions import Motion, read_motions_npz
from vpdlib.vipe.settings import CameraSettings, VipeSettings
from vpdlib.vipe.train import train_vipe


def main() -> None:
    """Train, recognise, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("npz", type=Path, nargs="?", help="3D motions; without it nothing is done")
    parser.add_argument("--source", default="fsjump3d", help="the corpus whose labels are used")
    parser.add_argument("--subjects", help="pattern of the subject in a motion's name")
    parser.add_argument("--val", nargs="*", default=[], help="subjects that choose VIPE*'s epoch")
    parser.add_argument("--labels", nargs="*", default=[], help="classes; all if empty")
    parser.add_argument("--heads", nargs="*", default=["bigru", "nns"])
    parser.add_argument("--bigru-epochs", type=int, default=100)
    parser.add_argument("--shots", type=int, nargs="*", default=[2, 4, 8])
    parser.add_argument("--full", action="store_true", help="all training examples too")
    parser.add_argument("--every", type=int, default=1, help="take one frame in so many")
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=20, help="of VIPE*")
    parser.add_argument("--exclude-source", action="store_true", help="VIPE* learns none of it")
    parser.add_argument("--threads", type=int, default=1)
    options = options_or_skip(parser, "npz", "npz of 3D motions")
    motions = read_motions_npz(options.npz, options.subjects)
    with np.load(options.npz, allow_pickle=False) as file:
        label_of = dict(zip(file["clip"].tolist(), file["label"].tolist(), strict=True))
    labelled = [
        m
        for m in motions
        if m.source == options.source and (not options.labels or label_of[m.name] in options.labels)
    ]
    keypoints = {
        name: rows[:: options.every] for name, rows in see_once(labelled, options.seed).items()
    }
    joints = {name: teacher_rows(rows) for name, rows in keypoints.items()}
    people = sorted({m.subject for m in labelled})
    print(f"{len(labelled)} motions of {people}, classes {sorted({label_of[n] for n in joints})}")
    hits: dict[tuple[str, str, int | None], list[np.ndarray]] = {}
    model = None
    for person in people:
        if model is None or not options.exclude_source:
            start = time.perf_counter()
            model = train_without(motions, person, options)
            print(f"VIPE* without {person}: {time.perf_counter() - start:.0f} s", flush=True)
        features = {
            "joints2d": joints,
            "vipe": {name: embed_poses(model, rows) for name, rows in keypoints.items()},
        }
        actions = ActionTable(
            action_ids=tuple(m.name for m in labelled),
            labels=tuple(label_of[m.name] for m in labelled),
            splits=tuple("test" if m.subject == person else "train" for m in labelled),
            groups=tuple(m.subject for m in labelled),
            class_names=tuple(sorted({label_of[m.name] for m in labelled})),
        )
        settings = RecognitionSettings(bigru=BiGRUSettings(hidden=64, epochs=options.bigru_epochs))
        for shots in (*options.shots, *([None] if options.full else [])):
            trials = make_trials(actions, shots, options.trials, options.seed)
            for head in options.heads:
                for method, sequences in features.items():
                    result = run_regime(
                        head, sequences, actions, shots, trials, settings, threads=options.threads
                    )
                    hit = result.probabilities.argmax(axis=2) == result.true_labels
                    hits.setdefault((method, head, shots), []).append(hit)
    for (method, head, shots), found in hits.items():
        # One trial where nothing is random: it is that of every subset.
        accuracy = 100 * np.concatenate(found, axis=1).mean(axis=1)
        by_person = [100 * hit.mean() for hit in found]
        deviation = f" ± {accuracy.std(ddof=1):.1f}" if len(accuracy) > 1 else ""
        print(
            f"k = {shots or 'all'}, {head}, {method}: {accuracy.mean():.1f}{deviation} "
            f"(by person {', '.join(f'{fraction:.0f}' for fraction in by_person)})"
        )


def see_once(motions: list[Motion], seed: int) -> dict[str, np.ndarray]:
    """Keypoints (T, 13, 3) of every motion, all its frames by one random camera."""
    camera = CameraSettings(elevation_degrees=30, roll_degrees=5)
    seen = {}
    for number, motion in enumerate(motions):
        rng = np.random.default_rng([seed, 7, number])
        one = random_views(rng, 1, camera)
        count = len(motion.xyz)
        views = Views(
            *(np.repeat(v, count) for v in (one.azimuth, one.elevation, one.roll, one.distance))
        )
        seen[motion.name] = detector_like(rng, project(motion.xyz, views), camera)
    return seen


def train_without(motions: list[Motion], person: str, options: argparse.Namespace):
    """A VIPE* that knows nothing of a person, nor of the source if it is excluded."""
    held = [m for m in motions if m.subject in options.val]
    left = {person, *options.val}
    train = [
        m
        for m in motions
        if m.subject not in left and not (options.exclude_source and m.source == options.source)
    ]
    settings = VipeSettings(
        hidden=256,
        epochs=options.epochs,
        samples_per_epoch=20_000,
        val_samples=2_000,
        learning_rate=1e-3,
        seed=options.seed,
    )
    return train_vipe(train, held, settings, threads=options.threads)


if __name__ == "__main__":
    main()
