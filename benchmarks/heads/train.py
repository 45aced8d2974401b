"""Train one task of `benchmarks.heads_training` with the library of the folder that Python finds first.

Run by it: ``python train.py task.npz``, the checkout on the path of modules. Prints one line of JSON: CPU seconds of
training and testing, imports left out, and per trial the fraction that is right. Names are those of the checkout, old
or new.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np


def main() -> None:
    """Read, train, print."""
    with np.load(Path(sys.argv[1])) as arrays:
        task = json.loads(str(arrays["task"]))
        sequences = {name: arrays[f"of/{name}"] for name in task["names"]}
        times = {name: arrays[f"times/{name}"] for name in task.get("fps", ())}
    found = (detect if task["what"] == "detection" else recognise)(task, sequences, times)
    print(json.dumps(found))


def detect(
    task: dict[str, Any], sequences: dict[str, np.ndarray], times: dict[str, np.ndarray]
) -> dict[str, Any]:
    """All trials of detection; a trial's figure is its AP at the reported threshold, the mean over tIoUs."""
    try:
        from vpdlib.action_detection.sequences import DenseSequence
        from vpdlib.action_detection.settings import DetectionSettings
        from vpdlib.action_detection.trials import run_detection
    except ModuleNotFoundError:
        from vpdlib.detection.sequences import DenseSequence
        from vpdlib.detection.settings import DetectionSettings
        from vpdlib.detection.trials import run_detection
    from vpdlib.datasets.tables import EventRow

    settings = DetectionSettings.model_validate(task["settings"])
    dense = {v: DenseSequence(sequences[v], times[v], fps) for v, fps in task["fps"].items()}
    events = [EventRow(**event) for event in task["events"]]
    start = time.process_time()
    result = run_detection(
        dense, events, task["trials"], settings.num_shot_places, settings, task["seed"]
    )
    seconds = time.process_time() - start
    of_trials = result.ap[:, result.thresholds.index(result.threshold)]
    return {"cpu_s": seconds, "right": of_trials.mean(axis=1).tolist()}


def recognise(
    task: dict[str, Any], sequences: dict[str, np.ndarray], times: dict[str, np.ndarray]
) -> dict[str, Any]:
    """All trials of a regime; a trial's figure is its top-1 accuracy."""
    from vpdlib.recognition import trials
    from vpdlib.recognition.actions import ActionTable, Trial
    from vpdlib.recognition.settings import RecognitionSettings

    run = getattr(trials, "run_regime", None) or trials.run_setting
    settings = RecognitionSettings.model_validate(task["settings"])
    table = ActionTable(**{name: tuple(of_all) for name, of_all in task["actions"].items()})
    wanted = [Trial(seed, tuple(ids), tuple(val)) for seed, ids, val in task["trials"]]
    start = time.process_time()
    result = run(task["head"], sequences, table, task["shots"], wanted, settings)
    seconds = time.process_time() - start
    return {"cpu_s": seconds, "right": trials.top1(result).tolist()}


if __name__ == "__main__":
    main()
