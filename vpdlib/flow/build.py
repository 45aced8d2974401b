"""Making the flow estimator that a configuration names."""

from __future__ import annotations

from pathlib import Path

from vpdlib.devices import DeviceChoice, choose_device
from vpdlib.flow.base import FlowEstimator
from vpdlib.flow.settings import FlowSettings


def make_flow_estimator(
    settings: FlowSettings, networks_dir: Path, device: DeviceChoice, threads: int
) -> FlowEstimator:
    """Build the estimator that the settings name.

    Parameters
    ----------
    settings : the section ``flow`` of a dataset.
    networks_dir : the folder of weights that are named in the registry; for RAFT alone.
    device : "auto", "cpu" or "cuda"; for RAFT alone, OpenCV's estimators run on the CPU.
    threads : CPU threads one call may use.

    Raises
    ------
    WeightsError
        If RAFT's weights are missing or not the expected ones.
    ValueError
        If RAFT is to run on a GPU and there is none.
    """
    # Imported here: one back end brings torch along, the other OpenCV.
    if settings.method in ("raft_large", "raft_small"):
        from vpdlib.flow.raft import load_raft_flow

        return load_raft_flow(settings, networks_dir, choose_device(device), threads)
    import cv2

    from vpdlib.flow.opencv import DisFlow, FarnebackFlow

    cv2.setNumThreads(threads)
    return DisFlow(settings.dis_preset) if settings.method == "dis" else FarnebackFlow()
