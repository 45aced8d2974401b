"""What does it cost to train the heads, and how right are they? The same tasks in several checkouts of the project.

A task is the detection of actions on a feature set, or a recognition head on one in a regime, with all its trials; its
sequences, trials and settings are the same for every checkout, each of which trains with its own library
(``benchmarks/heads/train.py``), on one thread, one after another for each task. Printed: CPU seconds of training and
testing, imports left out, their ratio to the first checkout's, and mean and standard deviation over trials of the
accuracy, for detection of the AP (at the reported threshold, the mean over tIoUs), in percent.

Run: ``python -m benchmarks.heads_training results/demo --settings datasets/demo.yaml`` from the project's root;
``--checkout before=PATH after=.`` compares.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from benchmarks._options import options_or_skip
from vpdlib.action_detection.sequences import dense_sequences
from vpdlib.action_detection.settings import DetectionSettings
from vpdlib.action_detection.trials import draw_trials
from vpdlib.datasets.tables import (
    read_actions,
    read_classes,
    read_events,
    read_trials,
    read_videos,
)
from vpdlib.recognition.actions import ActionTable, shots_of, trials_of_regime
from vpdlib.recognition.sequences import action_sequences
from vpdlib.recognition.settings import RecognitionSettings

TRAIN = Path(__file__).parent / "heads" / "train.py"


def main() -> None:
    """Make tasks, train, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, nargs="?", help="without it nothing is done")
    parser.add_argument("--settings", type=Path, help="the dataset's YAML; without it, defaults")
    parser.add_argument("--checkout", nargs="+", default=["."], help="folders, or name=folder")
    parser.add_argument("--features", nargs="+", default=["joints2d", "vpd2d"])
    parser.add_argument("--heads", nargs="*", default=["bigru"], help="of recognition; may be none")
    parser.add_argument("--regimes", nargs="+", default=["k4", "k8", "full"])
    parser.add_argument("--trials", type=int, default=5, help="of recognition")
    parser.add_argument("--no-detection", action="store_true")
    options = options_or_skip(parser, "results", "folder of results")
    checkouts = {}
    for given in options.checkout:
        name, _, path = given.rpartition("=")
        checkouts[name or Path(path).resolve().name] = Path(path).resolve()
    settings = yaml.safe_load(options.settings.read_text()) if options.settings else {}
    heads = [f"{name}: {column}" for name in checkouts for column in ("CPU s", "ratio", "right")]
    print("| " + " | ".join(["task", *heads]) + " |")
    print("|" + "---|" * (1 + len(heads)))
    totals: dict[str, dict[str, float]] = {}
    for feature in options.features:
        paths = sorted(options.results.glob(f"features/*/{feature}/*.h5"))
        if not paths:
            raise SystemExit(f"no feature set {feature!r} below {options.results / 'features'}")
        tasks = []
        if not options.no_detection:
            tasks.append(detection(options, paths, settings.get("detection", {})))
        for head in options.heads:
            for regime in options.regimes:
                of_head = settings.get("recognition", {})
                tasks.append(recognition(options, paths, of_head, head, regime))
        for task, arrays in tasks:
            found = {name: train(path, task, arrays) for name, path in checkouts.items()}
            row(f"{feature}, {task['title']}", found)
            for name, of_one in found.items():
                of_kind = totals.setdefault(task["what"], dict.fromkeys(checkouts, 0.0))
                of_kind[name] += of_one["cpu_s"]
    for what, seconds in totals.items():
        row(f"all {what}", {name: {"cpu_s": of_one} for name, of_one in seconds.items()})


def detection(
    options: argparse.Namespace, features: list[Path], given: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The task of detection on a feature set: what is to be done, and arrays."""
    settings = DetectionSettings.model_validate(given)
    tables = options.results / "dataset"
    videos = read_videos(tables / "videos.csv")
    dense = dense_sequences(features, {video.video: video.fps for video in videos})
    trials = read_trials(tables / "detection_trials.csv") or draw_trials(
        [video.video for video in videos if video.split == "train"],
        settings.num_trials,
        options.seed,
    )
    arrays = {f"of/{video}": sequence.descriptors for video, sequence in dense.items()}
    arrays |= {f"times/{video}": sequence.time_s for video, sequence in dense.items()}
    task = {
        "what": "detection",
        "title": f"detection, {len(trials)} trials",
        "names": list(dense),
        "fps": {video: sequence.fps for video, sequence in dense.items()},
        "events": [asdict(event) for event in read_events(tables / "events.csv")],
        "trials": trials,
        "settings": given,
        "seed": options.seed,
    }
    return task, arrays


def recognition(
    options: argparse.Namespace, features: list[Path], given: dict[str, Any], head: str, regime: str
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The task of a recognition head in a regime on a feature set: what is to be done, and arrays."""
    settings = RecognitionSettings.model_validate(given)
    tables = options.results / "dataset"
    rows = read_actions(tables / "actions.csv")
    actions = ActionTable.from_rows(rows, read_classes(tables / "classes.csv"))
    shots = shots_of(regime)
    trials = trials_of_regime(rows, actions, shots, options.trials, options.seed)
    sequences = action_sequences(rows, features, settings.target_fps, settings.target_fps_slack)
    task = {
        "what": "recognition",
        "title": f"{head}, {regime}, {len(trials)} trials",
        "names": list(sequences),
        "head": head,
        "shots": shots,
        "actions": asdict(actions),
        "trials": [(trial.seed, trial.train_ids, trial.val_ids) for trial in trials],
        "settings": given,
    }
    return task, {f"of/{action}": sequence for action, sequence in sequences.items()}


def train(checkout: Path, task: dict[str, Any], arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Train a task with a checkout's library; return what `benchmarks.heads.train` prints.

    Raises
    ------
    RuntimeError
        If it fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "task.npz"
        np.savez(path, task=json.dumps(task), **arrays)
        done = subprocess.run(
            [sys.executable, str(TRAIN), str(path)],
            capture_output=True,
            text=True,
            cwd=checkout,
            env={**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"},
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"{checkout}: training failed:\n{done.stderr[-4000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def row(title: str, found: dict[str, dict[str, Any]]) -> None:
    """Print a task's figures by checkout; the ratio is the first checkout's CPU seconds by each one's."""
    first = next(iter(found.values()))["cpu_s"]
    cells = [title]
    for of_one in found.values():
        right = 100 * np.array(of_one.get("right", []))
        spread = f"{right.mean():.1f} +- {right.std():.1f}" if len(right) else ""
        cells += [f"{of_one['cpu_s']:.1f}", f"{first / of_one['cpu_s']:.2f}", spread]
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
