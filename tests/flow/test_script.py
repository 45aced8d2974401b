"""The script of the rule `estimate_flow`: the same artifact from every estimator."""

import json

import numpy as np
import pytest
import torch

from tests.flow.script import estimate_flow
from vpdlib.artifacts import read_artifact
from vpdlib.flow.opencv import DisFlow
from vpdlib.flow.quantise import quantise
from vpdlib.flow.raft import RaftFlow, raft_network
from vpdlib.flow.settings import FlowSettings
from vpdlib.provenance import digest_file


def videos(*lengths, side=32):
    rng = np.random.default_rng(0)
    return {
        f"v{number}": rng.integers(0, 256, (2, length, side, side, 3), dtype=np.uint8)
        for number, length in enumerate(lengths)
    }


def test_dis(tmp_path):
    given = videos(3, 0, 2)
    path = estimate_flow(tmp_path, given, FlowSettings(), device="cuda")
    with read_artifact(path, "flow") as flow:
        assert flow.attributes["method"] == "dis"
        assert "checkpoint" not in flow.attributes
        assert list(flow.video_ids) == ["v0", "v1", "v2"]
        alone = DisFlow()
        for name, (previous, current) in given.items():
            assert flow[name].attributes["masked"] == 0
            np.testing.assert_array_equal(flow[name].array("frame"), np.arange(len(current)))
            found = flow[name].array("flow")
            assert found.shape == (len(current), 32, 32, 2)
            for row in range(len(current)):
                expected, _ = quantise(alone.estimate(previous[row], current[row]))
                np.testing.assert_array_equal(found[row], expected)


@pytest.mark.parametrize("method", ["raft_small", "raft_large"])
def test_raft(tmp_path, method):
    torch.manual_seed(1)
    network = raft_network(method)
    torch.save({"model": network.state_dict()}, tmp_path / "weights.pth")
    settings = FlowSettings(
        method=method,
        raft={"checkpoint": str(tmp_path / "weights.pth"), "iterations": 2, "batch_size": 4},
    )
    given = videos(2, 3, side=128)
    path = estimate_flow(tmp_path, given, settings)
    with read_artifact(path, "flow") as flow:
        attributes = flow.attributes
        assert attributes["method"] == method
        assert attributes["iterations"] == 2
        assert attributes["precision"] == "float32"
        assert attributes["checkpoint"] == str(tmp_path / "weights.pth")
        assert attributes["checkpoint_sha256"] == digest_file(tmp_path / "weights.pth")
        assert json.loads(attributes["settings"])["settings"]["raft"]["iterations"] == 2
        alone = RaftFlow(network, 2)
        for name, (previous, current) in given.items():
            found = flow[name].array("flow").astype(int)
            assert found.shape == (len(current), 128, 128, 2)
            for row in range(len(current)):
                expected, _ = quantise(alone.estimate(previous[row], current[row]))
                # Float sums depend on the batch: a value that lies between two steps may fall on either.
                assert np.abs(found[row] - expected.astype(int)).max() <= 1
                assert (found[row] == expected).mean() > 0.99


def test_a_gpu_that_is_not_there_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    settings = FlowSettings(method="raft_small", raft={"checkpoint": "any.pth"})
    with pytest.raises(ValueError, match=r"no CUDA device.*gpu: 1"):
        estimate_flow(tmp_path, videos(1), settings, device="cuda")
    assert not (tmp_path / "flow.h5").exists()
