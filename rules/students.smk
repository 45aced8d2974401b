"""Distilling students, embedding every frame with them, and feature sets made of others."""


rule distil_student:
    input:
        unpack(turned_targets),
        videos=f"{DATASET}/dataset/videos.csv",
        actions=f"{DATASET}/dataset/actions.csv",
        tracks=all_shards(f"{DATASET}/tracks/{{shard}}.h5"),
        crops=all_shards(f"{DATASET}/crops/{{shard}}.h5"),
        flow=flow_of_student,
        labels=labels_of_student,
    output:
        directory(f"{DATASET}/students/{{student}}"),
    log:
        f"{LOGS}/distil_student/{{student}}.log",
    benchmark:
        f"{BENCHMARKS}/distil_student/{{student}}.tsv"
    priority: 50
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=8000,
        runtime=1440,
    params:
        settings=lambda wc: student_settings(wc).model_dump(mode="json"),
        upside_down=lambda wc: is_upside_down(wc.dataset, student_settings(wc).teacher),
        code=code_digest("workflow_scripts.distil_student"),
    message:
        "Distilling student {wildcards.student}: {wildcards.dataset}"
    script:
        "../workflow_scripts/distil_student.py"


rule embed_frames:
    input:
        unpack(embed_inputs),
    output:
        f"{DATASET}/features/{{student}}/{{shard}}.h5",
        broken=f"{DATASET}/features/{{student}}/{{shard}}.broken.csv",
    log:
        f"{LOGS}/embed_frames/{{student}}/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/embed_frames/{{student}}/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=4000,
        runtime=240,
        on_bad_video=section("on_bad_video"),
    params:
        code=code_digest("workflow_scripts.embed_frames"),
    message:
        "Embedding frames with {wildcards.student}: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/embed_frames.py"


rule concat_features:
    input:
        parts=parts_of,
    output:
        f"{DATASET}/features/{{concat}}/{{shard}}.h5",
    log:
        f"{LOGS}/concat_features/{{concat}}/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/concat_features/{{concat}}/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        # Snakemake compares inputs without their order, which is that of the columns.
        names=lambda wc: list(settings_of(wc.dataset).concat[wc.concat]),
        code=code_digest("workflow_scripts.concat_features"),
    message:
        "Concatenating features {wildcards.concat}: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/concat_features.py"


rule fuse_poses:
    input:
        poses=f"{DATASET}/poses/{{shard}}.h5",
        features=lambda wc: f"results/{wc.dataset}/features/{fused_settings(wc).student}/{wc.shard}.h5",
        student=lambda wc: f"results/{wc.dataset}/students/{fused_settings(wc).student}",
    output:
        f"{DATASET}/features/{{fused}}/{{shard}}.h5",
    log:
        f"{LOGS}/fuse_poses/{{fused}}/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/fuse_poses/{{fused}}/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=lambda wc: fused_settings(wc).model_dump(mode="json"),
        code=code_digest("workflow_scripts.fuse_poses"),
    message:
        "Mending joints by a student, {wildcards.fused}: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/fuse_poses.py"
