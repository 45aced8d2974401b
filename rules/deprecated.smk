"""What earlier releases had and this one still takes, with a warning; to be removed in the next."""

from os import environ

from snakemake.logging import logger

#: Names under `resources` in config.yaml that stood for several rules, or for another one.
RULES_OF_STAGE = {
    "fetch_networks": ("fetch_networks", "fetch_checkpoint"),
    "combine_features": ("concat_features", "fuse_poses"),
    "embed_r3d": ("embed_frames",),
    "embed_video_encoder": ("embed_frames",),
    "train_baseline": ("train_baseline", "train_r3d"),
    "tables": (
        "ensemble_baselines",
        "ensemble_features",
        "figure3",
        "kept_frames",
        "predictions",
        "problems",
        "table",
        "tables",
    ),
}


def take_resources(stage, given):
    """Give the rules of a stage what config.yaml says of them."""
    for name in RULES_OF_STAGE.get(stage, (stage,)):
        if not workflow.is_rule(name):
            refuse(
                f"config.yaml (with --config): resources.{stage}: there is no such rule. Correct the name."
            )
        wanted = given.model_dump(exclude_none=True)
        found = workflow.get_rule(name)
        # What checks first, on all cores, stays so.
        threads = wanted.pop("threads", None)
        if threads is not None and found.resources["_cores"] is not every_core:
            wanted["_cores"] = threads
        for resource, amount in wanted.items():
            found.resources[resource] = amount


for stage, given in RUN.resources.items():
    take_resources(stage, given)
if RUN.resources and workflow.is_main_process:
    logger.warning(
        "config.yaml: `resources` is understood for the last time. Write set-threads and set-resources into a profile in "
        "its place, such as profiles/default/config.yaml (docs/gpu.md)."
    )
if workflow.is_main_process:
    for name in sorted({"VPD_SBATCH", "VPD_SBATCH_GPU"} & environ.keys()):
        logger.warning(
            f"The variable {name} is no longer read: what a site asks for stands in profiles/slurm/config.yaml "
            "(docs/cluster.md)."
        )
