"""The view-invariant pose embedding: its training on 3D motions, and poses embedded with it."""


rule train_vipe:
    input:
        motion_files,
    output:
        directory("results/vipe/{vipe}"),
    log:
        "results/vipe/logs/train_vipe/{vipe}.log",
    benchmark:
        "results/vipe/benchmarks/train_vipe/{vipe}.tsv"
    priority: 60
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(8000),
        runtime=per_attempt(1440),
    params:
        settings=lambda wc: vipe_model(wc).model_dump(mode="json"),
        code=code_digest("workflow_scripts.train_vipe"),
    message:
        "Training VIPE* {wildcards.vipe}"
    script:
        "../workflow_scripts/train_vipe.py"
