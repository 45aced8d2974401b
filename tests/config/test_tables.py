"""What tables are made of."""

import json

import pytest

from vpdlib.config.base import ConfigError, validate
from vpdlib.config.dataset import DatasetSettings
from vpdlib.config.tables import TABLES, recognition_files
from vpdlib.report.layouts import LAYOUTS
from vpdlib.report.rows import ROWS

GIVEN = {
    "title": "Mine",
    "adapter": {"kind": "folder", "videos": "videos", "labels": "labels.csv"},
    "num_shards": 2,
    "shots": [2, 4],
    "vipe": {"vipe": {"model": "cmu"}, "vipe_b": {"model": "b"}},
    "students": {"vpd2d": {}, "vpdvi": {"teacher": "vipe"}},
    "methods": ["joints2d", "vpd2d", "vpdvi"],
    "ensembles": {"vpdensemble": ["joints2d", "vpd2d"]},
}


def dataset(**changes):
    return validate(DatasetSettings, {**GIVEN, **changes}, "datasets/mine.yaml")


def test_every_table_has_a_layout_and_rows():
    assert list(TABLES) == sorted(TABLES)
    assert set(TABLES) == set(ROWS) <= set(LAYOUTS)


@pytest.mark.parametrize("name", TABLES)
def test_settings_are_plain_values_and_files_are_named(name):
    spec = TABLES[name]
    # Snakemake notices changes of what can be written as JSON.
    json.dumps(spec.settings(dataset()))
    files = spec.files(dataset())
    assert any(files.values())
    folders = files.pop("finders", [])
    assert all(path.startswith("finders/") for path in folders)
    assert all(path.endswith((".h5", ".csv")) for paths in files.values() for path in paths)


def test_recognition_is_of_every_combination():
    assert recognition_files(["a", "b"], ["nns"], ["full", "k2"]) == [
        "recognition/a/nns/full.h5",
        "recognition/a/nns/k2.h5",
        "recognition/b/nns/full.h5",
        "recognition/b/nns/k2.h5",
    ]


def test_ensembles_are_of_networks_alone():
    files = TABLES["table1"].files(dataset())["recognition"]
    assert "late_fusion/vpdensemble/bigru/full.h5" in files
    assert "late_fusion/vpdensemble/nns/full.h5" not in files
    assert len(files) == 3 * 2 + 1


def test_a_variant_that_its_base_already_is_needs_no_training():
    """The threshold that is in force, 0.3, is one of Table S1."""
    files = TABLES["tableS1"].files(dataset(thresholds=[0.3, 0.5]))
    trained = {path.split("/")[1] for path in files["recognition"]}
    assert trained == {"vipe", "vpdvi", "vpdvi_t50"}
    assert files["labels"] == ["weak_labels/vipe/0000.h5", "weak_labels/vipe/0001.h5"]


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"shots": []}, {"figure3", "tableS2"}),
        ({"methods": ["joints2d", "vipe"]}, {"table2", "tableS1"}),
        ({"vipe": {"vipe": {"model": "cmu"}}}, {"tableS8"}),
        ({"adapter": {"kind": "folder", "videos": "videos"}}, {"table4", "tableS3"}),
    ],
)
def test_tables_without_rows_are_left_out_of_the_page(changes, missing):
    # Models of their own are trained for it: it is asked for by name.
    missing = {*missing, "found_accuracy"}
    shown = {name for name, spec in TABLES.items() if spec.has_rows(dataset(**changes))}
    assert set(TABLES) - shown == missing


@pytest.mark.parametrize(
    ("name", "changes", "says"),
    [
        ("table2", {"methods": ["joints2d"]}, "neither is among `methods`"),
        ("tableS1", {"methods": ["joints2d"]}, "neither is among `methods`"),
        (
            "tableS8",
            {"vipe": {}, "students": {"vpd2d": {}}, "methods": ["joints2d"]},
            "under `vipe`, and there is none",
        ),
    ],
)
def test_a_table_without_rows_is_refused(name, changes, says):
    with pytest.raises(ConfigError, match=says):
        TABLES[name].files(dataset(**changes))
