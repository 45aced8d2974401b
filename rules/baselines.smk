"""Networks trained on the actions themselves; R3D (Tables 1 and 4) and frozen video encoders as feature sets."""


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
        mem_mb=2000,
        runtime=240,
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
        f"{DATASET}/baselines/{{baseline}}/{{setting}}.h5",
    log:
        f"{LOGS}/train_baseline/{{baseline}}/{{setting}}.log",
    benchmark:
        f"{BENCHMARKS}/train_baseline/{{baseline}}/{{setting}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=16000,
        runtime=2880,
    params:
        settings=lambda wc: baseline_settings(wc).model_dump(mode="json"),
        thinning=thinning_settings,
        trials=lambda wc: settings_of(wc.dataset).num_baseline_trials,
        seed=section("seed"),
        networks_dir=str(RUN.networks_dir),
        code=code_digest("workflow_scripts.train_baseline"),
    message:
        "Training {wildcards.baseline}: {wildcards.dataset}, {wildcards.setting}"
    script:
        "../workflow_scripts/train_baseline.py"


rule ensemble_baselines:
    input:
        parts=parts_of_ensemble,
    output:
        f"{DATASET}/baselines/{{ensemble}}/{{setting}}.h5",
    log:
        f"{LOGS}/ensemble_baselines/{{ensemble}}/{{setting}}.log",
    benchmark:
        f"{BENCHMARKS}/ensemble_baselines/{{ensemble}}/{{setting}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_digest("workflow_scripts.ensemble_baselines"),
    message:
        "Putting {wildcards.ensemble} together: {wildcards.dataset}, {wildcards.setting}"
    script:
        "../workflow_scripts/ensemble_baselines.py"


rule train_r3d:
    input:
        crops=all_shards(f"{DATASET}/crops/{{shard}}.h5"),
        tracks=all_shards(f"{DATASET}/tracks/{{shard}}.h5"),
        actions=f"{DATASET}/dataset/actions.csv",
        classes=f"{DATASET}/dataset/classes.csv",
        weights=r3d_weights,
    output:
        directory(f"{DATASET}/r3d/{{r3d}}"),
    log:
        f"{LOGS}/train_r3d/{{r3d}}.log",
    benchmark:
        f"{BENCHMARKS}/train_r3d/{{r3d}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=16000,
        runtime=2880,
    params:
        settings=lambda wc: r3d_settings(wc).model_dump(mode="json"),
        seed=section("seed"),
        networks_dir=str(RUN.networks_dir),
        code=code_digest("workflow_scripts.train_r3d"),
    message:
        "Training {wildcards.r3d}: {wildcards.dataset}"
    script:
        "../workflow_scripts/train_r3d.py"


rule embed_r3d:
    input:
        unpack(r3d_inputs),
    output:
        f"{DATASET}/features/{{r3d}}/{{shard}}.h5",
        broken=f"{DATASET}/features/{{r3d}}/{{shard}}.broken.csv",
    log:
        f"{LOGS}/embed_r3d/{{r3d}}/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/embed_r3d/{{r3d}}/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=8000,
        runtime=600,
        on_bad_video=section("on_bad_video"),
    params:
        settings=embed_r3d_settings,
        networks_dir=str(RUN.networks_dir),
        code=code_digest("workflow_scripts.embed_r3d"),
    message:
        "Embedding windows with {wildcards.r3d}: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/embed_r3d.py"


rule embed_video_encoder:
    input:
        unpack(video_encoder_inputs),
    output:
        f"{DATASET}/features/{{video_encoder}}/{{shard}}.h5",
        broken=f"{DATASET}/features/{{video_encoder}}/{{shard}}.broken.csv",
    log:
        f"{LOGS}/embed_video_encoder/{{video_encoder}}/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/embed_video_encoder/{{video_encoder}}/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=16000,
        runtime=1440,
        on_bad_video=section("on_bad_video"),
    params:
        settings=embed_video_encoder_settings,
        networks_dir=str(RUN.networks_dir),
        code=code_digest("workflow_scripts.embed_video_encoder"),
    message:
        "Embedding windows with {wildcards.video_encoder}: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/embed_video_encoder.py"
