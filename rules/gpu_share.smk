"""GPUs that jobs share, by the resource `gpu_share` (docs/gpu.md): Snakemake is to start no more jobs than have room.

It counts whole GPUs alone (9.27.1), and of two jobs with `gpu: 1` starts one where the profile has `gpu=1`. Hence, where
a rule has `gpu_share`, every rule with a GPU has a resource more, its part in twelfths, as leases are counted
(`vpdlib/devices.py`). Without `gpu_share` nothing is changed.
"""

from vpdlib.devices import PARTS, check_share


def count_in_parts():
    """Let Snakemake count parts of GPUs in place of GPUs."""
    most = workflow.global_resources.get("gpu").value
    for each in workflow.rules:
        gpus, share = whole_number(each, "gpu", 0), whole_number(each, "gpu_share", 1)
        try:
            check_share(gpus, share)
        except DeviceError as error:
            refuse(f"set-resources {each.name}: {error}")
        if gpus and most is not None:
            # As Snakemake itself does with what is more than there is.
            each.resources["gpu"] = min(gpus, most)
            each.resources["gpu_twelfths"] = min(gpus, most) * PARTS // share
    if most is not None:
        workflow.global_resources["gpu"] = None
        workflow.global_resources["gpu_twelfths"] = most * PARTS


if any("gpu_share" in each.resources for each in workflow.rules):
    count_in_parts()
