"""Feature sets: descriptors of every frame with an athlete. The folder says what kind makes one, the name is the user's."""


rule embed_joints2d:
    input:
        poses=f"{DATASET}/poses/{{shard}}.h5",
        tracks=f"{DATASET}/tracks/{{shard}}.h5",
    output:
        f"{DATASET}/features/joints/joints2d/{{shard}}.h5",
    log:
        f"{LOGS}/embed_joints2d/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/embed_joints2d/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(30),
    params:
        code=code_digest("workflow_scripts.embed_joints2d"),
    message:
        "Normalising joints: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/embed_joints2d.py"


rule embed_vipe:
    input:
        model=lambda wc: vipe_folder(wc.dataset, wc.feature),
        poses=f"{DATASET}/poses/{{shard}}.h5",
        tracks=f"{DATASET}/tracks/{{shard}}.h5",
    output:
        f"{DATASET}/features/vipe/{{feature}}/{{shard}}.h5",
    log:
        f"{LOGS}/embed_vipe/{{feature}}/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/embed_vipe/{{feature}}/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(60),
    params:
        upside_down=lambda wc: is_upside_down(wc.dataset, wc.feature),
        code=code_digest("workflow_scripts.embed_vipe"),
    message:
        "Embedding poses with {wildcards.feature}: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/embed_vipe.py"


rule train_r3d:
    input:
        crops=all_shards(f"{DATASET}/crops/{{shard}}.h5"),
        tracks=all_shards(f"{DATASET}/tracks/{{shard}}.h5"),
        actions=f"{DATASET}/dataset/actions.csv",
        classes=f"{DATASET}/dataset/classes.csv",
        weights=r3d_weights,
    output:
        directory(f"{DATASET}/r3d/{{feature}}"),
    log:
        f"{LOGS}/train_r3d/{{feature}}.log",
    benchmark:
        f"{BENCHMARKS}/train_r3d/{{feature}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(16000),
        runtime=per_attempt(2880),
    params:
        settings=lambda wc: named(wc.dataset, "r3d", wc.feature).model_dump(mode="json"),
        seed=section("seed"),
        networks_dir=str(RUN.networks_dir),
        code=code_digest("workflow_scripts.train_r3d"),
    message:
        "Training {wildcards.feature}: {wildcards.dataset}"
    script:
        "../workflow_scripts/train_r3d.py"


rule embed_frames:
    input:
        unpack(crop_network),
        crops=f"{DATASET}/crops/{{shard}}.h5",
        tracks=f"{DATASET}/tracks/{{shard}}.h5",
    output:
        f"{DATASET}/features/{{kind}}/{{feature}}/{{shard}}.h5",
    log:
        f"{LOGS}/embed_frames/{{kind}}/{{feature}}/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/embed_frames/{{kind}}/{{feature}}/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(memory_of_kind),
        runtime=per_attempt(runtime_of_kind),
    params:
        settings=crop_network_settings,
        networks_dir=str(RUN.networks_dir),
        code=lambda wc: code_digest(
            "workflow_scripts.embed_frames", *crop_network_code(wc)
        ),
    message:
        "Embedding frames with {wildcards.feature}: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/embed_frames.py"


rule import_features:
    input:
        unpack(supplied_features),
        videos=f"{DATASET}/shards/{{shard}}.csv",
    output:
        f"{DATASET}/features/supplied/{{feature}}/{{shard}}.h5",
        broken=f"{DATASET}/features/supplied/{{feature}}/{{shard}}.broken.csv",
    log:
        f"{LOGS}/import_features/{{feature}}/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/import_features/{{feature}}/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(60),
        on_bad_video=section("on_bad_video"),
    params:
        code=code_digest("workflow_scripts.import_features"),
    message:
        "Taking the descriptors {wildcards.feature}: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/import_features.py"


rule concat_features:
    input:
        parts=parts_of,
    output:
        f"{DATASET}/features/concat/{{feature}}/{{shard}}.h5",
    log:
        f"{LOGS}/concat_features/{{feature}}/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/concat_features/{{feature}}/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(60),
    params:
        # Snakemake compares inputs without their order, which is that of the columns.
        names=lambda wc: list(named(wc.dataset, "concat", wc.feature)),
        code=code_digest("workflow_scripts.concat_features"),
    message:
        "Concatenating features {wildcards.feature}: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/concat_features.py"


rule fuse_poses:
    input:
        unpack(fused_student),
        poses=f"{DATASET}/poses/{{shard}}.h5",
    output:
        f"{DATASET}/features/fused/{{feature}}/{{shard}}.h5",
    log:
        f"{LOGS}/fuse_poses/{{feature}}/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/fuse_poses/{{feature}}/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(60),
    params:
        settings=lambda wc: named(wc.dataset, "fused", wc.feature).model_dump(
            mode="json"
        ),
        code=code_digest("workflow_scripts.fuse_poses"),
    message:
        "Mending joints by a student, {wildcards.feature}: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/fuse_poses.py"


rule export_poses:
    input:
        unpack(posed_student),
        videos=all_shards(f"{DATASET}/shards/{{shard}}.csv"),
        tracks=all_shards(f"{DATASET}/tracks/{{shard}}.h5"),
        poses=all_shards(f"{DATASET}/poses/{{shard}}.h5"),
    output:
        directory(f"{DATASET}/{{posed}}.{{keypoint_format}}"),
    log:
        f"{LOGS}/export_poses/{{posed}}.{{keypoint_format}}.log",
    benchmark:
        f"{BENCHMARKS}/export_poses/{{posed}}.{{keypoint_format}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(60),
    params:
        code=code_digest("workflow_scripts.export_poses"),
    message:
        "Writing {wildcards.posed} for other tools, {wildcards.keypoint_format}: {wildcards.dataset}"
    script:
        "../workflow_scripts/export_poses.py"
