"""The teacher's poses, the weak labels taken from them, and joints as a feature set."""


rule estimate_pose:
    input:
        unpack(pose_inputs),
        tracks=f"{DATASET}/tracks/{{shard}}.h5",
    output:
        f"{DATASET}/poses/{{shard}}.h5",
        broken=f"{DATASET}/poses/{{shard}}.broken.csv",
    log:
        f"{LOGS}/estimate_pose/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/estimate_pose/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(600),
        on_bad_video=section("on_bad_video"),
    params:
        settings=section("poses"),
        keypoints=keypoint_settings,
        networks_dir=str(RUN.networks_dir),
        code=code_digest("workflow_scripts.estimate_pose"),
    message:
        "Estimating poses: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/estimate_pose.py"


rule select_weak_labels:
    input:
        unpack(teachers_vectors),
        poses=f"{DATASET}/poses/{{shard}}.h5",
        tracks=f"{DATASET}/tracks/{{shard}}.h5",
    output:
        f"{DATASET}/weak_labels/{{teacher}}/{{shard}}.h5",
    log:
        f"{LOGS}/select_weak_labels/{{teacher}}/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/select_weak_labels/{{teacher}}/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(30),
    params:
        settings=section("weak_labels"),
        code=code_digest("workflow_scripts.select_weak_labels"),
    message:
        "Selecting weak labels: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/select_weak_labels.py"


rule kept_frames:
    input:
        labels=all_shards(f"{DATASET}/weak_labels/pose2d/{{shard}}.h5"),
    output:
        csv=list_in_report(
            "kept_frames",
            "csv",
            category="Tables",
            subcategory="Teacher and students",
        ),
        html=list_in_report(
            "kept_frames",
            "html",
            category="Tables",
            subcategory="Teacher and students",
        ),
    log:
        f"{LOGS}/kept_frames.log",
    benchmark:
        f"{BENCHMARKS}/kept_frames.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        title=section("title"),
        code=code_digest("workflow_scripts.kept_frames"),
    message:
        "Counting the frames kept: {wildcards.dataset}"
    script:
        "../workflow_scripts/kept_frames.py"
