"""Video Pose Distillation: from uncut video and a few labels to tables of recognition accuracy.

Type, for example, `snakemake --cores all results/demo/table1.csv`. The settings of a run are in
config.yaml, those of a dataset in datasets/<name>.yaml; docs/architecture.md explains the stages.
"""

from snakemake.utils import min_version

min_version("9.0")


configfile: "config.yaml"


report: "docs/report/workflow.rst"


include: "rules/common.smk"
include: "rules/inputs/sources.smk"
include: "rules/inputs/athlete.smk"
include: "rules/inputs/vipe.smk"
include: "rules/inputs/students.smk"
include: "rules/inputs/features.smk"
include: "rules/inputs/recognition.smk"
include: "rules/inputs/baselines.smk"
include: "rules/inputs/finding.smk"
include: "rules/inputs/model.smk"
include: "rules/inputs/tables.smk"
include: "rules/inputs/report.smk"
include: "rules/sources.smk"
include: "rules/athlete.smk"
include: "rules/poses.smk"
include: "rules/vipe.smk"
include: "rules/students.smk"
include: "rules/features.smk"
include: "rules/recognition.smk"
include: "rules/baselines.smk"
include: "rules/retrieval.smk"
include: "rules/detection.smk"
include: "rules/finding.smk"
include: "rules/model.smk"
include: "rules/tables.smk"
include: "rules/report.smk"
include: "rules/deprecated.smk"
include: "rules/asked.smk"
include: "rules/gpu_share.smk"
include: "rules/slurm.smk"
include: "rules/recorded.smk"


# On a cluster these run where Snakemake does: what needs the network, and what takes a second.
localrules:
    all,
    copy_site,
    fetch_checkpoint,
    fetch_labels,
    fetch_networks,
    ensemble_baselines,
    ensemble_features,
    figure3,
    kept_frames,
    collect_found,
    list_found,
    predictions,
    problems,
    table,
    tables,


rule all:
    default_target: True
    input:
        "results/demo/table1.csv",
        "results/demo/table3.csv",
        "results/demo/table4.csv",
        "results/demo/figure3.csv",


onsuccess:
    # What jobs that were killed outright left in folders that nothing has written to since.
    sweep_below("results")
