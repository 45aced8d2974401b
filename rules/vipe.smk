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
        mem_mb=8000,
        runtime=1440,
    params:
        settings=lambda wc: vipe_model(wc).model_dump(mode="json"),
        code=code_digest("workflow_scripts.train_vipe"),
    message:
        "Training VIPE* {wildcards.vipe}"
    script:
        "../workflow_scripts/train_vipe.py"


rule embed_vipe:
    input:
        model=lambda wc: vipe_folder(wc.dataset, wc.vipe_set),
        poses=f"{DATASET}/poses/{{shard}}.h5",
        tracks=f"{DATASET}/tracks/{{shard}}.h5",
    output:
        f"{DATASET}/features/{{vipe_set}}/{{shard}}.h5",
    log:
        f"{LOGS}/embed_vipe/{{vipe_set}}/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/embed_vipe/{{vipe_set}}/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        upside_down=lambda wc: is_upside_down(wc.dataset, wc.vipe_set),
        code=code_digest("workflow_scripts.embed_vipe"),
    message:
        "Embedding poses with {wildcards.vipe_set}: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/embed_vipe.py"
