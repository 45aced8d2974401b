"""Networks trained on the actions themselves (Table 1)."""


rule resize_frames:
    input:
        videos=videos_to_open,
        actions=f"{DATASET}/dataset/actions.csv",
    output:
        f"{DATASET}/frames/{{shard}}.h5",
        broken=f"{DATASET}/frames/{{shard}}.broken.csv",
    log:
        f"{LOGS}/resize_frames/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/resize_frames/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(240),
        on_bad_video=section("on_bad_video"),
    params:
        settings=section("whole_frames"),
        code=code_digest("workflow_scripts.resize_frames"),
    message:
        "Keeping whole pictures of actions: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/resize_frames.py"


rule train_baseline:
    input:
        unpack(baseline_inputs),
        actions=f"{DATASET}/dataset/actions.csv",
        classes=f"{DATASET}/dataset/classes.csv",
    output:
        f"{DATASET}/baselines/{{baseline_kind}}/{{baseline}}/{{regime}}.h5",
    log:
        f"{LOGS}/train_baseline/{{baseline_kind}}/{{baseline}}/{{regime}}.log",
    benchmark:
        f"{BENCHMARKS}/train_baseline/{{baseline_kind}}/{{baseline}}/{{regime}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(16000),
        runtime=per_attempt(2880),
    params:
        settings=lambda wc: baseline_settings(wc).model_dump(mode="json"),
        thinning=thinning_settings,
        trials=lambda wc: settings_of(wc.dataset).num_baseline_trials,
        seed=section("seed"),
        networks_dir=str(RUN.networks_dir),
        code=code_digest("workflow_scripts.train_baseline"),
    message:
        "Training {wildcards.baseline}: {wildcards.dataset}, {wildcards.regime}"
    script:
        "../workflow_scripts/train_baseline.py"


rule ensemble_baselines:
    input:
        parts=parts_of_ensemble,
    output:
        f"{DATASET}/baselines/ensemble/{{ensemble}}/{{regime}}.h5",
    log:
        f"{LOGS}/ensemble_baselines/{{ensemble}}/{{regime}}.log",
    benchmark:
        f"{BENCHMARKS}/ensemble_baselines/{{ensemble}}/{{regime}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        code=code_digest("workflow_scripts.ensemble_baselines"),
    message:
        "Putting {wildcards.ensemble} together: {wildcards.dataset}, {wildcards.regime}"
    script:
        "../workflow_scripts/ensemble_baselines.py"
