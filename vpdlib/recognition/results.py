"""Writing what trials found as an artifact of kind "recognition"; the same for heads and baselines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from vpdlib.artifacts import ArtifactWriter, Provenance
from vpdlib.progress import note
from vpdlib.recognition.actions import setting_name
from vpdlib.recognition.trials import RecognitionResult, top1


def write_result(
    path: str | Path, provenance: Provenance, result: RecognitionResult, **attributes: Any
) -> None:
    """Write a result, and note its accuracy in the log.

    Parameters
    ----------
    path : of the artifact.
    provenance : of the job.
    result : of one setting.
    attributes : of the artifact beside the result's own, such as the feature set.
    """
    note(f"top-1 per trial: {np.round(100 * top1(result), 2).tolist()} %")
    if result.num_empty_test:
        note(f"{result.num_empty_test} test actions without the athlete got the commonest class")
    with ArtifactWriter(path, "recognition", provenance) as artifact:
        artifact.set_attributes(
            head=result.head,
            setting=setting_name(result.shots),
            num_empty_test=result.num_empty_test,
            **attributes,
        )
        artifact.write("probabilities", result.probabilities)
        artifact.write("seed", np.array(result.seeds, np.int64))
        artifact.write("best_epoch", np.array(result.best_epochs, np.int64))
        artifact.write("label", result.true_labels)
        artifact.write("action", np.array(result.test_ids, object))
        artifact.write("class_name", np.array(result.class_names, object))
        for number, ids in enumerate(result.train_ids):
            artifact.write(f"train_action_{number}", np.array(ids, object))
