"""Distilling students and embedding every frame with them."""


rule distil_student:
    input:
        videos=f"{DATASET}/dataset/videos.csv",
        actions=f"{DATASET}/dataset/actions.csv",
        tracks=all_shards(f"{DATASET}/tracks/{{shard}}.h5"),
        crops=all_shards(f"{DATASET}/crops/{{shard}}.h5"),
        flow=flow_of_student,
        labels=all_shards(f"{DATASET}/weak_labels/pose2d/{{shard}}.h5"),
    output:
        directory(f"{DATASET}/students/{{student}}"),
    log:
        f"{LOGS}/distil_student/{{student}}.log",
    benchmark:
        f"{BENCHMARKS}/distil_student/{{student}}.tsv"
    priority: 50
    conda:
        "../envs/vpd.yaml"
    threads: stage_threads("distil_student")
    resources:
        **stage_resources("distil_student"),
    params:
        settings=lambda wc: student_settings(wc).model_dump(mode="json"),
        device=RUN.device,
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
    log:
        f"{LOGS}/embed_frames/{{student}}/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/embed_frames/{{student}}/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    threads: stage_threads("embed_frames")
    resources:
        **stage_resources("embed_frames"),
    params:
        device=RUN.device,
        code=code_digest("workflow_scripts.embed_frames"),
    message:
        "Embedding frames with {wildcards.student}: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/embed_frames.py"
