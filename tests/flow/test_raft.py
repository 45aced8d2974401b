"""RAFT through our back end against torchvision's own model and transform."""

import numpy as np
import pytest
import torch

import vpdlib.compat
from vpdlib.flow.build import make_flow_estimator
from vpdlib.flow.raft import RaftFlow, raft_network
from vpdlib.flow.settings import FlowSettings, RaftSettings, checkpoint_references
from vpdlib.weights.check import WeightsError
from vpdlib.weights.checkpoints import CHECKPOINTS

vpdlib.compat.install()
from torchvision.models import optical_flow  # noqa: E402

ITERATIONS = 3
TOLERANCE_PX = 1e-3


def crops(num, side=128, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (2, num, side, side, 3), dtype=np.uint8)


def published(method):
    """Torchvision's model with seeded weights, and the transform that belongs to its weights."""
    torch.manual_seed(0)
    network = getattr(optical_flow, method)(weights=None).eval()
    weights = {
        "raft_large": optical_flow.Raft_Large_Weights,
        "raft_small": optical_flow.Raft_Small_Weights,
    }[method]
    return network, weights.DEFAULT.transforms()


def reference_flow(method, previous, current):
    network, transform = published(method)
    pictures = [torch.from_numpy(crop).permute(0, 3, 1, 2) for crop in (previous, current)]
    with torch.no_grad():
        flow = network(*transform(*pictures), num_flow_updates=ITERATIONS)[-1]
    return flow.permute(0, 2, 3, 1).numpy()


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    for method in ("raft_large", "raft_small"):
        torch.save(published(method)[0].state_dict(), folder / f"{method}.pth")
    return folder


def settings(method, checkpoints, **raft):
    return FlowSettings(
        method=method,
        raft={
            "checkpoint": str(checkpoints / f"{method}.pth"),
            "iterations": ITERATIONS,
            "batch_size": 2,
            **raft,
        },
    )


def make(chosen, folder="unused"):
    return make_flow_estimator(chosen, folder, "cpu", 1)


@pytest.mark.parametrize("method", ["raft_large", "raft_small"])
def test_equals_torchvisions_own_model(method, checkpoints):
    previous, current = crops(3)
    expected = reference_flow(method, previous, current)
    assert np.abs(expected).max() > 0.5
    estimator = make(settings(method, checkpoints))
    flow = estimator.estimate_many(previous, current)
    assert flow.shape == (3, 128, 128, 2)
    assert flow.dtype == np.float32
    np.testing.assert_allclose(flow, expected, atol=TOLERANCE_PX)
    # Three pairs were two batches; one by one is a third way to cut them.
    alone = np.stack([estimator.estimate(p, c) for p, c in zip(previous, current, strict=True)])
    np.testing.assert_allclose(alone, flow, atol=TOLERANCE_PX)
    assert estimator.estimate_many(previous[:0], current[:0]).shape == (0, 128, 128, 2)
    assert not estimator.on_gpu
    assert dict(estimator.attributes) | {"checkpoint_sha256": "", "checkpoint": ""} == {
        "iterations": ITERATIONS,
        "precision": "float32",
        "checkpoint": "",
        "checkpoint_sha256": "",
    }
    assert len(estimator.attributes["checkpoint_sha256"]) == 64
    assert estimator.attributes["checkpoint"].endswith(f"{method}.pth")


def test_channels_last_as_on_a_gpu_changes_nothing(checkpoints):
    previous, current = crops(2)
    estimator = make(settings("raft_small", checkpoints))
    estimator._network.to(memory_format=torch.channels_last)
    np.testing.assert_allclose(
        estimator.estimate_many(previous, current),
        reference_flow("raft_small", previous, current),
        atol=TOLERANCE_PX,
    )


class Recorder(torch.nn.Module):
    """Answers a given flow and keeps what it was shown."""

    def __init__(self, flow):
        super().__init__()
        self.flow = flow

    def forward(self, previous, current, num_flow_updates):
        self.shown = previous, current
        assert num_flow_updates == 20
        height, width = previous.shape[2:]
        plane = self.flow[None, :, None, None].expand(len(previous), 2, height, width)
        return [torch.full_like(plane, torch.nan), plane]


@pytest.mark.parametrize(
    ("side", "enlarged"), [(64, 128), (100, 128), (128, 128), (129, 136), (136, 136), (250, 256)]
)
def test_other_sides_are_enlarged_and_the_flow_scaled_back(side, enlarged):
    network = Recorder(torch.tensor([6.0, -3.0]))
    previous = np.full((1, side, side, 3), 255, np.uint8)
    flow = RaftFlow(network).estimate(previous[0], np.zeros_like(previous[0]))
    assert flow.shape == (side, side, 2)
    np.testing.assert_allclose(flow[..., 0], 6 * side / enlarged, rtol=1e-5)
    np.testing.assert_allclose(flow[..., 1], -3 * side / enlarged, rtol=1e-5)
    # The previous crop comes first, white is 1 and black -1.
    first, second = network.shown
    assert first.shape == (1, 3, enlarged, enlarged)
    torch.testing.assert_close(first, torch.ones_like(first))
    torch.testing.assert_close(second, -torch.ones_like(second))


def test_small_crops_equal_torchvisions_model_on_enlarged_ones(checkpoints):
    previous, current = crops(2, side=64)
    network, transform = published("raft_small")
    pictures = [
        torch.nn.functional.interpolate(
            torch.from_numpy(crop).permute(0, 3, 1, 2).float() / 255,
            scale_factor=2,
            mode="bilinear",
        )
        for crop in (previous, current)
    ]
    with torch.no_grad():
        flow = network(*transform(*pictures), num_flow_updates=ITERATIONS)[-1]
    # Half the side: each pixel is the mean of four, each displacement half as long.
    expected = torch.nn.functional.avg_pool2d(flow, 2).permute(0, 2, 3, 1).numpy() / 2
    found = make(settings("raft_small", checkpoints)).estimate_many(previous, current)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE_PX)


@pytest.mark.parametrize("method", ["raft_large", "raft_small"])
def test_the_correlation_is_float32_and_the_rest_half_under_mixed_precision(method):
    torch.manual_seed(0)
    network = raft_network(method).eval()
    seen = {}
    network.feature_encoder.register_forward_hook(
        lambda module, given, answer: seen.update(features=answer.dtype)
    )
    network.update_block.register_forward_hook(
        lambda module, given, answer: seen.update(correlation=given[2].dtype, flow=given[3].dtype)
    )
    pictures = torch.rand(2, 1, 3, 128, 128) * 2 - 1
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        network(*pictures, num_flow_updates=2)
    assert seen == {
        "features": torch.bfloat16,
        "correlation": torch.float32,
        "flow": torch.float32,
    }
    assert network.corr_block.corr_pyramid[0].dtype == torch.float32


def test_wrong_weights_are_refused(checkpoints, tmp_path):
    for method, other in (("raft_large", "raft_small"), ("raft_small", "raft_large")):
        wrong = settings(method, checkpoints, checkpoint=str(checkpoints / f"{other}.pth"))
        with pytest.raises(WeightsError, match=rf"{other}.pth: does not fit.*{method}.*correct"):
            make(wrong)
    with pytest.raises(WeightsError, match="sha256"):
        make(settings("raft_small", checkpoints, checkpoint_sha256="0" * 64))
    missing = FlowSettings(method="raft_large", raft={"checkpoint": str(tmp_path / "no.pth")})
    with pytest.raises(WeightsError, match=r"no.pth"):
        make(missing)
    with pytest.raises(WeightsError, match="raft_large_C_T_V1"):
        make(FlowSettings(method="raft_large"), tmp_path)


def test_one_missing_tensor_is_refused(checkpoints, tmp_path):
    weights = published("raft_small")[0].state_dict()
    del weights["update_block.flow_head.conv2.bias"]
    torch.save(weights, tmp_path / "part.pth")
    with pytest.raises(WeightsError, match=r"lacks .*flow_head.conv2.bias"):
        make(settings("raft_small", checkpoints, checkpoint=str(tmp_path / "part.pth")))


def test_references_of_weights():
    assert checkpoint_references(FlowSettings()) == []
    assert checkpoint_references(FlowSettings(raft=RaftSettings(checkpoint="a.pth"))) == []
    assert checkpoint_references(FlowSettings(method="raft_large")) == [("raft_large_C_T_V1", None)]
    assert checkpoint_references(FlowSettings(method="raft_small")) == [("raft_small_C_T_V1", None)]
    for method in ("raft_large", "raft_small"):
        ((name, _),) = checkpoint_references(FlowSettings(method=method))
        assert CHECKPOINTS[name].config == method
    own = FlowSettings(
        method="raft_small", raft=RaftSettings(checkpoint="own/a.pth", checkpoint_sha256="ab" * 32)
    )
    assert checkpoint_references(own) == [("own/a.pth", "ab" * 32)]
    with pytest.raises(ValueError, match=r"raft_small_C_T_V1.*weights of raft_small.*'raft_large'"):
        FlowSettings(method="raft_large", raft={"checkpoint": "raft_small_C_T_V1"})
