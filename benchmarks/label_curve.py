"""Accuracy by number of labels: labels where the library asks for them, against labels drawn at random.

The pool is the training actions, their labels hidden. As many as there are classes are drawn and labelled; then a batch
is asked for at a time, until half the pool is labelled. The choice sees distances and what the nearest neighbour makes
of the labels so far. After each batch the head is tested: the nearest neighbour, or the BiGRU on a few of the numbers.
``--choose`` reads no test action: it tests on training groups held out in turn, and compares settings and the
literature's choices (`_choices`). ``--rare`` leaves the pool a fifth of half the classes, for footage in which some
actions are rare; what is tested on stays. Numbers of labels are compared on the non-decreasing curves nearest to the
means, so that a lucky batch counts for little.
Run: ``python -m benchmarks.label_curve results/jhmdb_joints --feature joints2d`` from the project's root.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import isotonic_regression

from benchmarks._choices import CHOICES, Asked
from benchmarks._options import options_or_skip
from benchmarks.held_out_groups import deal
from vpdlib.datasets.tables import ActionRow, read_actions, read_classes
from vpdlib.finding.to_label import fit_temperature, nearest_probabilities, pooled_distances
from vpdlib.recognition.nns import flip_min_distances
from vpdlib.recognition.sequences import action_sequences
from vpdlib.recognition.settings import BiGRUSettings, RecognitionSettings, architecture_of

#: Parts of the budget at which numbers of labels are compared.
PARTS = (0.5, 0.75, 1.0)

#: From labelled and test positions and a seed to the accuracy.
Head = Callable[[np.ndarray, np.ndarray, int], float]


@dataclass(frozen=True)
class Corpus:
    """Actions of a dataset: distances (A, A) by which is tested and by which is chosen, labels and groups (A,)."""

    distances: np.ndarray
    chosen_by: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    num_classes: int


def main() -> None:
    """Choose, test, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, nargs="?", help="without it nothing is done")
    parser.add_argument("--feature", default="joints2d", help="feature set")
    parser.add_argument("--target-fps", type=float, help="as the dataset's recognition has it")
    parser.add_argument("--head", choices=["nns", "bigru"], default="nns")
    parser.add_argument("--epochs", type=int, default=100, help="of the BiGRU")
    parser.add_argument("--hidden", type=int, default=64, help="units of the BiGRU")
    parser.add_argument("--points", type=int, default=4, help="numbers of labels for the BiGRU")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--batch", type=int, help="asked for at a time; half the number of classes")
    parser.add_argument("--budget", type=float, default=0.5, help="of the pool")
    parser.add_argument("--choices", nargs="*", help="some of the choices compared, by name")
    parser.add_argument("--choose", action="store_true", help="on held-out training groups")
    parser.add_argument("--folds", type=int, default=3, help="of --choose")
    parser.add_argument("--rare", action="store_true", help="a fifth of every other class")
    parser.add_argument("--pooled", action="store_true", help="choose by pooled descriptors")
    options = options_or_skip(parser, "results", "folder of results")
    rows, sequences, corpus = read(options)
    head = nearest_head(corpus) if options.head == "nns" else bigru(sequences, corpus, options)
    trials = trials_of(rows, corpus, options)
    choices = options.choices or (list(CHOICES) if options.choose else ["random", "ours"])
    sizes = sizes_of(min(len(pool) for pool, _, _ in trials), corpus, options)
    at = tested_sizes(sizes, options)
    print(
        f"{options.results.name}, {options.feature}, {options.head}: {corpus.num_classes} classes, "
        f"{len(trials)} trials, {len(trials[0][0])} in the pool, {len(trials[0][1])} tested on "
        f"({'held-out training groups' if options.choose else 'test actions'})\n",
        flush=True,
    )
    found: dict[str, list[list[float]]] = {choice: [] for choice in choices}
    for trial in trials:
        vectors = scaled_to_vectors(corpus.chosen_by[np.ix_(trial[0], trial[0])])
        for choice in choices:
            found[choice].append(curve(choice, trial, vectors, corpus, head, sizes, at))
    curves = {choice: 100 * np.array(accuracy) for choice, accuracy in found.items()}
    if options.choose:
        print_choices(curves, at)
    else:
        print_curves(curves, at)
    print_ratios(curves, at)


def read(options: argparse.Namespace) -> tuple[list[ActionRow], list[np.ndarray], Corpus]:
    """Actions that have frames, their sequences, and what is measured of them."""
    folder = options.results
    classes = read_classes(folder / "dataset/classes.csv")
    files = sorted((folder / "features").glob(f"*/{options.feature}/*.h5"))
    if not files:
        raise SystemExit(f"{folder / 'features'} has no feature set {options.feature!r}: make it")
    rows = read_actions(folder / "dataset/actions.csv")
    of_action = action_sequences(rows, files, options.target_fps)
    rows = [row for row in rows if len(of_action[row.action])]
    sequences = [of_action[row.action] for row in rows]
    distances = flip_min_distances(sequences, sequences)
    by = distances
    if options.pooled:
        by = pooled_distances(sequences)(np.arange(len(rows)))
    corpus = Corpus(
        distances,
        by,
        np.array([classes.index(row.label) for row in rows]),
        np.array([row.group or row.video for row in rows]),
        len(classes),
    )
    return rows, sequences, corpus


def trials_of(
    rows: Sequence[ActionRow], corpus: Corpus, options: argparse.Namespace
) -> list[tuple[np.ndarray, np.ndarray, int]]:
    """Pool, tested positions and seed of every trial."""
    train = np.array([place for place, row in enumerate(rows) if row.split == "train"])
    parts = [(train, np.array([place for place, row in enumerate(rows) if row.split == "test"]))]
    if options.choose:
        num_folds = min(options.folds, len(set(corpus.groups[train])))
        fold = deal([rows[place] for place in train], num_folds, options.seed)
        parts = [(train[fold != f], train[fold == f]) for f in range(num_folds)]
    trials = []
    for number, (pool, tested) in enumerate(parts):
        for place in range(options.seeds):
            seed = options.seed + 1000 * number + place
            kept = thinned(pool, corpus, seed) if options.rare else pool
            trials.append((kept, tested, seed))
    return trials


def thinned(pool: np.ndarray, corpus: Corpus, seed: int) -> np.ndarray:
    """The pool with a fifth, at least two, of half the classes, drawn."""
    rng = np.random.default_rng([seed, 2])
    rare = rng.permutation(corpus.num_classes)[: corpus.num_classes // 2]
    kept = []
    for label in range(corpus.num_classes):
        of_class = pool[corpus.labels[pool] == label]
        if label in rare and len(of_class) > 2:
            of_class = rng.choice(of_class, max(2, len(of_class) // 5), replace=False)
        kept.append(of_class)
    return np.sort(np.concatenate(kept))


def sizes_of(pool: int, corpus: Corpus, options: argparse.Namespace) -> np.ndarray:
    """Numbers of labels, the last that of the budget."""
    batch = options.batch or max(3, corpus.num_classes // 2)
    budget = max(corpus.num_classes + batch, int(options.budget * pool))
    return np.unique([*range(corpus.num_classes, budget, batch), budget])


def tested_sizes(sizes: np.ndarray, options: argparse.Namespace) -> np.ndarray:
    """Those of the numbers of labels at which the head is tested."""
    if options.head == "nns":
        return sizes
    places = np.linspace(0, len(sizes) - 1, options.points + 1).round().astype(int)[1:]
    return sizes[places]


def curve(
    choice: str,
    trial: tuple[np.ndarray, np.ndarray, int],
    vectors: np.ndarray,
    corpus: Corpus,
    head: Head,
    sizes: np.ndarray,
    at: np.ndarray,
) -> list[float]:
    """Accuracy at every tested number of labels, by one choice; vectors are of the pool."""
    pool, tested, seed = trial
    # All choices of a trial begin with the same labels.
    labelled = np.random.default_rng(seed).choice(pool, sizes[0], replace=False)
    rng = np.random.default_rng([seed, 1])
    accuracy = []
    for place, size in enumerate(sizes):
        if size in at:
            accuracy.append(head(labelled, tested, seed))
        if size == sizes[-1]:
            break
        is_labelled = np.isin(pool, labelled)
        candidates = pool[~is_labelled]
        labels = corpus.labels[labelled]
        to_labelled = corpus.chosen_by[np.ix_(candidates, labelled)]
        temperature = fit_temperature(corpus.chosen_by[np.ix_(labelled, labelled)], labels)
        asked = Asked(
            corpus.chosen_by[np.ix_(candidates, candidates)],
            to_labelled,
            nearest_probabilities(to_labelled, labels, corpus.num_classes, temperature),
            vectors[~is_labelled],
            vectors[is_labelled],
            corpus.groups[candidates].tolist(),
            corpus.groups[labelled].tolist(),
            np.bincount(labels, minlength=corpus.num_classes),
            int(sizes[place + 1] - size),
            rng,
        )
        labelled = np.concatenate([labelled, candidates[CHOICES[choice](asked)]])
    return accuracy


def scaled_to_vectors(distances: np.ndarray, dims: int = 20) -> np.ndarray:
    """(N, dims) vectors whose distances are about those given: classical multidimensional scaling."""
    square = distances**2
    centred = -0.5 * (square - square.mean(axis=0) - square.mean(axis=1)[:, None] + square.mean())
    values, vectors = np.linalg.eigh(centred)
    return vectors[:, -dims:] * np.sqrt(np.maximum(values[-dims:], 0.0))


def nearest_head(corpus: Corpus) -> Head:
    """The nearest neighbour."""

    def head(labelled: np.ndarray, tested: np.ndarray, seed: int) -> float:
        nearest = corpus.distances[np.ix_(tested, labelled)].argmin(axis=1)
        return float((corpus.labels[labelled][nearest] == corpus.labels[tested]).mean())

    return head


def bigru(sequences: list[np.ndarray], corpus: Corpus, options: argparse.Namespace) -> Head:
    """The BiGRU."""
    # Heavy, and not needed for the nearest neighbour.
    from vpdlib.recognition.train import predict_probabilities, train_classifier

    settings = RecognitionSettings(
        bigru=BiGRUSettings(hidden=options.hidden, epochs=options.epochs)
    )

    def head(labelled: np.ndarray, tested: np.ndarray, seed: int) -> float:
        model = train_classifier(
            [sequences[place] for place in labelled],
            corpus.labels[labelled],
            corpus.num_classes,
            architecture_of("bigru", settings),
            settings.bigru,
            seed,
        )
        found = predict_probabilities(model, [sequences[place] for place in tested])
        return float((found.argmax(axis=1) == corpus.labels[tested]).mean())

    return head


def print_curves(curves: dict[str, np.ndarray], at: np.ndarray) -> None:
    """Mean and deviation of top-1 over the trials, a row for each of some numbers of labels."""
    print(f"| labels | {' | '.join(curves)} |")
    print(f"|---:|{'---:|' * len(curves)}")
    for place in np.unique(np.linspace(0, len(at) - 1, 12).round().astype(int)):
        cells = [
            f"{found[:, place].mean():.1f} ± {found[:, place].std(ddof=1):.1f}"
            for found in curves.values()
        ]
        print(f"| {at[place]} | {' | '.join(cells)} |")
    print()


def print_choices(curves: dict[str, np.ndarray], at: np.ndarray) -> None:
    """Mean top-1 along the whole curve, its gain over the first choice with standard error, and four points."""
    places = np.unique(np.linspace(0, len(at) - 1, 5).round().astype(int))[1:]
    print(f"| choice | mean | gain | {' | '.join(f'at {at[place]}' for place in places)} |")
    print(f"|:---|---:|---:|{'---:|' * len(places)}")
    first = next(iter(curves.values()))
    for choice, found in curves.items():
        gain = (found - first).mean(axis=1)
        points = " | ".join(f"{found[:, place].mean():.1f}" for place in places)
        error = gain.std(ddof=1) / len(gain) ** 0.5
        print(f"| {choice} | {found.mean():.1f} | {gain.mean():+.1f} ± {error:.1f} | {points} |")
    print()


def print_ratios(curves: dict[str, np.ndarray], at: np.ndarray) -> None:
    """With how many labels each choice is as accurate as the first one is at parts of the budget."""
    smooth = {name: isotonic_regression(found.mean(axis=0)).x for name, found in curves.items()}
    first = next(iter(smooth))
    for choice in list(smooth)[1:]:
        ratios = []
        for part in PARTS:
            wanted = float(np.interp(part * at[-1], at, smooth[first]))
            labels = labels_for(wanted, at, smooth[choice])
            of_first = labels_for(wanted, at, smooth[first])
            ratios.append(
                f"{wanted:.1f} with {labels:.0f} for {of_first:.0f}, ratio {labels / of_first:.2f}"
                if labels is not None and of_first is not None
                else f"{wanted:.1f} not reached"
            )
        print(f"{choice}, labels for the accuracy of {first}: {'; '.join(ratios)}")


def labels_for(wanted: float, at: np.ndarray, accuracy: np.ndarray) -> float | None:
    """The least number of labels with an accuracy, between those measured too; None if it is not reached."""
    reached = np.flatnonzero(accuracy >= wanted - 1e-9)
    if len(reached) == 0:
        return None
    place = reached[0]
    if place == 0:
        return float(at[0])
    low, high = accuracy[place - 1], accuracy[place]
    return float(at[place - 1] + (at[place] - at[place - 1]) * (wanted - low) / (high - low))


if __name__ == "__main__":
    main()
