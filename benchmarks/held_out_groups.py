"""Which feature set is best, asked of the training split alone? Few-shot accuracy on groups held out of it.

For choosing a student, a threshold or a network without looking at the test split: the groups (subjects, matches; or
videos) of a dataset's training actions are dealt to folds; each fold in turn is tested, k actions of a class of the
others train.
Test actions are never read. The normalised joints, or the first method named, are what the others are compared with.
Names with plus signs between them, of feature sets named before, are late fusion: the mean of their probabilities
(of networks; the nearest neighbour has none).
Run: ``python -m benchmarks.held_out_groups results/jhmdb joints2d vpd2d_corpus --shots 8`` from the project's root.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks._options import options_or_skip
from vpdlib.datasets.tables import ActionRow, read_actions, read_classes
from vpdlib.recognition.actions import ActionTable, make_trials
from vpdlib.recognition.results import mean_result
from vpdlib.recognition.sequences import action_sequences
from vpdlib.recognition.settings import (
    NETWORK_HEADS,
    BiGRUSettings,
    RecognitionSettings,
)
from vpdlib.recognition.trials import RecognitionResult, run_regime, top1


def main() -> None:
    """Recognise, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, nargs="?", help="without it nothing is done")
    parser.add_argument("methods", nargs="*", help="feature sets; the first is the reference")
    parser.add_argument("--heads", nargs="*", default=["bigru", "nns"])
    parser.add_argument("--shots", type=int, nargs="*", default=[8])
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=100)
    options = options_or_skip(parser, "results", "folder of results")
    rows = [row for row in read_actions(options.results / "dataset/actions.csv")]
    rows = [row for row in rows if row.split == "train"]
    classes = read_classes(options.results / "dataset/classes.csv")
    folds = deal(rows, options.folds, options.seed)
    settings = RecognitionSettings(bigru=BiGRUSettings(hidden=64, epochs=options.epochs))
    networks = [head for head in options.heads if head in NETWORK_HEADS]
    print(f"{len(rows)} training actions, {options.folds} folds of whole groups")

    sequences = {
        # Below the folder of its kind.
        method: action_sequences(
            rows, sorted((options.results / "features").glob(f"*/{method}/*.h5"))
        )
        for method in options.methods
        if "+" not in method
    }

    def of_folds(method: str, head: str, shots: int) -> list[RecognitionResult]:
        """What the head says of one feature set, a result a fold."""
        results = []
        for fold in range(options.folds):
            actions = table_of(rows, folds == fold, classes)
            trials = make_trials(actions, shots, options.trials, options.seed)
            results.append(run_regime(head, sequences[method], actions, shots, trials, settings))
        return results

    for shots in options.shots:
        reference: dict[str, float] = {}
        found: dict[tuple[str, str], list[RecognitionResult]] = {}
        for method in options.methods:
            parts = method.split("+")
            for head in options.heads if len(parts) == 1 else networks:
                if len(parts) == 1:
                    found[method, head] = of_folds(method, head, shots)
                else:
                    by_fold = zip(*(found[part, head] for part in parts), strict=True)
                    found[method, head] = [
                        mean_result(dict(zip(parts, results, strict=True))) for results in by_fold
                    ]
                right = [top1(result) * len(result.test_ids) for result in found[method, head]]
                accuracy = 100 * np.sum(right, axis=0) / len(rows)
                mean = float(accuracy.mean())
                gain = mean - reference.setdefault(head, mean)
                print(
                    f"k = {shots}, {head}, {method}: {mean:.1f} ± {accuracy.std(ddof=1):.1f} ({gain:+.1f})",
                    flush=True,
                )


def deal(rows: Sequence[ActionRow], num_folds: int, seed: int) -> np.ndarray:
    """The fold (A,) of every action: groups in random order, each to the fold that has fewest actions."""
    # Without groups, a video is one.
    group_of = [row.group or row.video for row in rows]
    groups = sorted(set(group_of))
    order = np.random.default_rng(seed).permutation(len(groups))
    sizes = np.zeros(num_folds, dtype=int)
    fold_of = {}
    for place in order:
        fold = int(sizes.argmin())
        fold_of[groups[place]] = fold
        sizes[fold] += group_of.count(groups[place])
    return np.array([fold_of[group] for group in group_of])


def table_of(rows: Sequence[ActionRow], is_test: np.ndarray, classes: Sequence[str]) -> ActionTable:
    """The training actions as a dataset of their own."""
    return ActionTable(
        action_ids=tuple(row.action for row in rows),
        labels=tuple(row.label for row in rows),
        splits=tuple("test" if test else "train" for test in is_test),
        groups=tuple(row.group for row in rows),
        class_names=tuple(classes),
    )


if __name__ == "__main__":
    main()
