"""Settings of the baselines: published schedules stay where a part is set, what cannot be is refused."""

import pytest
from pydantic import TypeAdapter, ValidationError

from vpdlib.baselines.kinds import (
    BaselineSettings,
    checkpoint_references,
    paper_row,
    weights_text,
)

ADAPTER = TypeAdapter(BaselineSettings)


def method(**given):
    return ADAPTER.validate_python(given)


def test_a_set_part_of_the_training_leaves_the_published_rest():
    training = method(kind="msg3d", training={"epochs": 45}).training
    assert training.epochs == 45
    assert (training.learning_rate, training.weight_decay, training.batch_size) == (0.05, 5e-4, 32)
    assert training.nesterov
    assert training.milestones == (30, 40)


def test_settings_survive_being_written_and_read():
    for given in (
        {"kind": "stgcn", "training": {"epochs": 7}},
        {"kind": "posec3d"},
        {"kind": "gsm", "weights": "resnet50_IMAGENET1K_V1", "backbone": "resnet50"},
    ):
        settings = method(**given)
        assert ADAPTER.validate_python(settings.model_dump(mode="json")) == settings


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "tsn"}, "weights"),
        ({"kind": "tsn", "weights": None, "input": "frame", "stream": "flow"}, "set input: crop"),
        ({"kind": "tsn", "weights": "a.pth", "backbone": "residual"}, "set weights: null"),
        ({"kind": "tsn", "weights": None, "partial_bn": True}, "keeps pretrained statistics"),
        (
            {"kind": "trn", "weights": "resnet50_IMAGENET1K_V1", "backbone": "resnet34"},
            "are of resnet50, the network is resnet34",
        ),
        ({"kind": "gsm", "weights": None, "widths": [8], "blocks": [1, 1]}, "one per stage"),
        ({"kind": "stgcn", "training": {"warmup_epochs": 80}}, "not below epochs"),
        ({"kind": "stgcn", "training": {"optimizer": "adamw"}}, "nesterov: is of SGD"),
        ({"kind": "stgcn", "epochs": 3}, "Extra inputs"),
        ({"kind": "ensemble", "parts": ["one"]}, "at least 2"),
    ],
)
def test_what_does_not_fit_is_refused(given, message):
    with pytest.raises(ValidationError, match=message):
        method(**given)


NAMED = {
    "graph": method(kind="stgcn"),
    "joint": method(kind="msg3d"),
    "bone": method(kind="msg3d", stream="bone"),
    "both_ensemble": method(kind="ensemble", parts=["joint", "bone"]),
    "rgb": method(kind="tsn", weights="some/file.pth"),
    "whole": method(kind="gsm", weights=None, input="frame"),
    "flow": method(kind="tsn", weights=None, stream="flow"),
    "tsn_ensemble": method(kind="ensemble", parts=["rgb", "flow"]),
    "odd_ensemble": method(kind="ensemble", parts=["rgb", "whole"]),
}


def test_rows_of_the_paper():
    assert {name: paper_row(name, NAMED) for name in NAMED} == {
        "graph": "ST-GCN",
        "joint": None,
        "bone": None,
        "both_ensemble": "MS-G3D (ensemble)",
        "rgb": "TSN (crop)",
        "whole": "GSM (w/o crop)",
        "flow": None,
        "tsn_ensemble": "TSN (crop; 2-stream)",
        "odd_ensemble": None,
    }


def test_tables_say_what_weights_networks_start_from():
    said = {name: weights_text(settings, NAMED) for name, settings in NAMED.items()}
    assert said["graph"] == said["both_ensemble"] == ""
    assert said["rgb"] == "pretrained"
    assert said["whole"] == "from scratch"
    assert said["tsn_ensemble"] == "pretrained, from scratch"


def test_weights_are_referred_to():
    assert checkpoint_references(NAMED["rgb"]) == [("some/file.pth", None)]
    assert checkpoint_references(NAMED["graph"]) == checkpoint_references(NAMED["flow"]) == []
    assert checkpoint_references(NAMED["tsn_ensemble"]) == []
