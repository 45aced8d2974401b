"""Distilling students."""


rule distil_student:
    input:
        unpack(rotated_targets),
        unpack(seen_in_training),
        unpack(pretrained_weights),
        videos=table_of_training("videos"),
        actions=table_of_training("actions"),
        tracks=all_shards(f"{DATASET}/tracks/{{shard}}.h5"),
        crops=all_shards(f"{DATASET}/crops/{{shard}}.h5"),
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
        mem_mb=per_attempt(8000),
        runtime=per_attempt(1440),
    params:
        settings=lambda wc: student_settings(wc.dataset, wc.student).model_dump(
            mode="json"
        ),
        upside_down=lambda wc: is_upside_down(
            wc.dataset, student_settings(wc.dataset, wc.student).teacher
        ),
        networks_dir=str(RUN.networks_dir),
        code=lambda wc: student_code(wc.dataset, wc.student),
        job=lambda wc: job_of_student(wc.dataset, wc.student),
    message:
        "Distilling student {wildcards.student}: {wildcards.dataset}"
    script:
        "../workflow_scripts/distil_student.py"
