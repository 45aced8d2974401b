"""The tables of a dataset: what each is made of, and whether its settings have rows for it.

A table is an entry of :data:`TABLES` here, its layout for reading (``vpdlib/report/layouts.py``) and the function that
makes its rows (``vpdlib/report/rows.py``), all by one name. One rule and one script make every table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

from vpdlib.config.base import ConfigError
from vpdlib.config.dataset import DatasetSettings
from vpdlib.recognition.settings import HEADS
from vpdlib.students.settings import find_student

#: Files below ``results/<dataset>``, by what they are.
Files = dict[str, list[str]]


@dataclass(frozen=True)
class TableSpec:
    """What one table is.

    Attributes
    ----------
    category, subcategory : where Snakemake's report lists it.
    subject : as what, beside its name.
    files : what it is made of; raises ConfigError where the settings have no row.
    settings : what else its rows follow from, as plain values: the arguments of its function in `report.rows`.
    has_rows : whether `tables.md` shows it.
    """

    category: str
    subcategory: str | None
    subject: str
    files: Callable[[DatasetSettings], Files]
    settings: Callable[[DatasetSettings], dict[str, Any]]
    has_rows: Callable[[DatasetSettings], bool] = lambda settings: True


def recognition_files(
    features: Iterable[str],
    heads: Iterable[str],
    regimes: Iterable[str],
    folder: str = "recognition",
) -> list[str]:
    """Artifacts of recognition of every combination; a regime is "full" or "k<k>"."""
    return [
        f"{folder}/{feature}/{head}/{regime}.h5"
        for feature, head, regime in product(features, heads, regimes)
    ]


def _accuracy_files(dataset: DatasetSettings, regimes: list[str]) -> list[str]:
    """Recognition of every method and head, and of every ensemble and network."""
    return [
        *recognition_files(dataset.methods, dataset.heads, regimes),
        *recognition_files(dataset.ensembles, dataset.network_heads, regimes, "late_fusion"),
    ]


def _baseline_files(dataset: DatasetSettings, regimes: list[str]) -> list[str]:
    return [
        f"baselines/{baseline.kind}/{name}/{regime}.h5"
        for (name, baseline), regime in product(dataset.baselines.items(), regimes)
    ]


def _table1_files(dataset: DatasetSettings) -> Files:
    # The rows Random and Top class stand where there are baselines.
    with_trivial = dataset.baselines or dataset.weights_of_methods
    return {
        "recognition": _accuracy_files(dataset, ["full"]),
        "baselines": _baseline_files(dataset, ["full"]),
        "classes": ["dataset/classes.csv"] if with_trivial else [],
    }


def _figure3_files(dataset: DatasetSettings) -> Files:
    return {
        "recognition": _accuracy_files(dataset, [f"k{k}" for k in dataset.shots]),
        "baselines": _baseline_files(dataset, [f"k{k}" for k in dataset.baseline_shots]),
    }


def _accuracy_settings(dataset: DatasetSettings) -> dict[str, Any]:
    return {
        "methods": dataset.methods,
        "heads": dataset.heads,
        "ensembles": list(dataset.ensembles),
        "baselines": dataset.baseline_rows,
    }


def _students(dataset: DatasetSettings) -> list[str]:
    """The students that Tables 2 and S1 vary."""
    if not dataset.tabled_students:
        raise ConfigError(
            "this table varies the students vpd2d and vpdvi, and neither is among `methods`; add one, or ask for "
            "another table."
        )
    return dataset.tabled_students


def _full_and_few(dataset: DatasetSettings) -> list[str]:
    return ["full"] if dataset.few_shot is None else ["full", f"k{dataset.few_shot}"]


def _trained_as(dataset: DatasetSettings, methods: Iterable[str]) -> dict[str, str]:
    """By what name each is trained: what an ablation asks for may be what its base already is."""
    return {name: dataset.trained_as(name) for name in methods}


def _ablations(dataset: DatasetSettings) -> dict[str, str]:
    """The rows of Table 2 and by what name each is trained."""
    _students(dataset)
    return _trained_as(dataset, [name for _, name in dataset.ablations])


def _threshold_students(dataset: DatasetSettings) -> list[tuple[float, str]]:
    """Least score and student of the rows of Table S1."""
    base = _students(dataset)[-1]
    return [(least, f"{base}_t{round(100 * least):02d}") for least in dataset.thresholds]


def _thresholds(dataset: DatasetSettings) -> dict[str, str]:
    """The rows of Table S1, the teacher's first, and by what name each is trained."""
    teacher = dataset.teacher_of(_students(dataset)[-1])
    names = [name for _, name in _threshold_students(dataset)]
    return _trained_as(dataset, [teacher, *names])


def _with_bigru(dataset: DatasetSettings, trained_as: dict[str, str]) -> list[str]:
    return recognition_files(dict.fromkeys(trained_as.values()), ["bigru"], _full_and_few(dataset))


def _threshold_files(dataset: DatasetSettings) -> Files:
    student = find_student(dataset.students, _students(dataset)[-1])
    assert student is not None, "tabled students exist"
    return {
        "recognition": _with_bigru(dataset, _thresholds(dataset)),
        "labels": [f"weak_labels/{student.teacher}/{shard}.h5" for shard in dataset.shards],
        "tracks": [f"tracks/{shard}.h5" for shard in dataset.shards],
        "actions": ["dataset/actions.csv"],
    }


def _sequence_methods(dataset: DatasetSettings) -> list[str]:
    """The feature sets of Table S4, as in the paper a teacher and its student: the last there is."""
    students = dataset.tabled_students
    return [dataset.teacher_of(students[-1]), students[-1]] if students else list(dataset.methods)


def _vipe_models(dataset: DatasetSettings) -> list[tuple[str, str]]:
    """Feature sets of VIPE* with their networks, the rows of Table S8."""
    if not dataset.vipe:
        raise ConfigError(
            "Table S8 compares the feature sets under `vipe`, and there is none. Add them."
        )
    return [(name, features.model) for name, features in dataset.vipe.items()]


def _detection_files(dataset: DatasetSettings) -> Files:
    return {"detection": [f"detection/{name}.h5" for name in dataset.methods]}


def _retrieved(dataset: DatasetSettings) -> list[str]:
    return list(dataset.retrieval.methods or dataset.methods)


def _has_events(dataset: DatasetSettings) -> bool:
    return dataset.adapter.has_events


def _has_shots(dataset: DatasetSettings) -> bool:
    return bool(dataset.shots)


def _varies_students(dataset: DatasetSettings) -> bool:
    return dataset.adapter.has_videos and bool(dataset.tabled_students)


def _found_files(dataset: DatasetSettings) -> Files:
    head = dataset.finding.head
    features = dict.fromkeys(
        part for method in dataset.finders for part in dataset.parts_of(method)
    )
    return {
        "found": [
            f"found/{method}/{head}/{shard}.h5"
            for method in dataset.finders
            for shard in dataset.shards
        ],
        "finders": [f"finders/{method}/{head}" for method in dataset.finders],
        "frame_classes": [
            f"frame_classes/{feature}/{shard}.h5"
            for feature in features
            for shard in dataset.shards
        ],
        "actions": ["dataset/actions.csv"],
    }


#: By name, in the order of `tables.md`.
TABLES: dict[str, TableSpec] = {
    "figure3": TableSpec(
        "Few-shot",
        None,
        "accuracy by examples",
        _figure3_files,
        lambda dataset: {
            **_accuracy_settings(dataset),
            "shots": dataset.shots,
            "baseline_shots": dataset.baseline_shots,
        },
        _has_shots,
    ),
    "found_accuracy": TableSpec(
        "Found",
        None,
        "how good it is",
        _found_files,
        lambda dataset: {
            "methods": list(dataset.finders),
            "head": dataset.finding.head,
            "parts": {method: list(dataset.parts_of(method)) for method in dataset.finders},
        },
        # It trains models of its own: asked for by name.
        lambda dataset: False,
    ),
    "table1": TableSpec(
        "Tables",
        "Recognition",
        "all training data",
        _table1_files,
        lambda dataset: {
            **_accuracy_settings(dataset),
            "weights": dataset.weights_of_methods,
        },
    ),
    "table2": TableSpec(
        "Tables",
        "Recognition",
        "ablations",
        lambda dataset: {"recognition": _with_bigru(dataset, _ablations(dataset))},
        lambda dataset: {
            "methods": dataset.ablations,
            "trained_as": _ablations(dataset),
            "k": dataset.few_shot,
        },
        _varies_students,
    ),
    "table3": TableSpec(
        "Tables",
        "Retrieval",
        "precision@k",
        lambda dataset: {"retrieval": [f"retrieval/{name}.h5" for name in _retrieved(dataset)]},
        lambda dataset: {"methods": _retrieved(dataset), "ks": dataset.retrieval.ks},
    ),
    "table4": TableSpec(
        "Tables",
        "Detection",
        "AP by tIoU",
        _detection_files,
        lambda dataset: {"methods": dataset.methods, "weights": dataset.weights_of_methods},
        _has_events,
    ),
    "tableS1": TableSpec(
        "Tables",
        "Recognition",
        "threshold of weak labels",
        _threshold_files,
        lambda dataset: {
            "teacher": dataset.teacher_of(_students(dataset)[-1]),
            "trained_as": _thresholds(dataset),
            "students": _threshold_students(dataset),
            "k": dataset.few_shot,
        },
        _varies_students,
    ),
    "tableS2": TableSpec(
        "Few-shot",
        None,
        "both heads",
        lambda dataset: {
            "recognition": recognition_files(
                dataset.methods, ["bigru", "nns"], [f"k{k}" for k in dataset.shots]
            )
        },
        lambda dataset: {"methods": dataset.methods, "shots": dataset.shots},
        _has_shots,
    ),
    "tableS3": TableSpec(
        "Tables",
        "Detection",
        "AP by threshold",
        _detection_files,
        lambda dataset: {"methods": dataset.methods},
        _has_events,
    ),
    "tableS4": TableSpec(
        "Tables",
        "Recognition",
        "sequence models",
        lambda dataset: {
            "recognition": recognition_files(_sequence_methods(dataset), HEADS, ["full"])
        },
        lambda dataset: {"methods": _sequence_methods(dataset)},
    ),
    "tableS8": TableSpec(
        "Tables",
        "Recognition",
        "3D poses of VIPE*",
        lambda dataset: {
            "recognition": recognition_files(
                [name for name, _ in _vipe_models(dataset)], ["bigru"], ["full"]
            )
        },
        lambda dataset: {"methods": _vipe_models(dataset)},
        lambda dataset: len(dataset.vipe) > 1,
    ),
}
