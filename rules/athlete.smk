"""From video to the athlete: people, track, crops, flow. One job per shard of videos."""


rule detect_people:
    input:
        videos=videos_to_open,
        networks=detector_weights,
    output:
        f"{DATASET}/people/{{shard}}.h5",
    log:
        f"{LOGS}/detect_people/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/detect_people/{{shard}}.tsv"
    # Of all shards before the rest of any: problems are told once everybody has been looked for.
    priority: 70
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(600),
        on_bad_video=section("on_bad_video"),
    params:
        settings=section("people"),
        networks_dir=str(RUN.networks_dir),
        code=code_digest("workflow_scripts.detect_people"),
    message:
        "Detecting people: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/detect_people.py"


rule track_athlete:
    input:
        unpack(track_inputs),
    output:
        f"{DATASET}/tracks/{{shard}}.h5",
    log:
        f"{LOGS}/track_athlete/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/track_athlete/{{shard}}.tsv"
    priority: 70
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(60),
        on_bad_video=section("on_bad_video"),
    params:
        settings=tracking_settings,
        people=section("people"),
        keypoints=keypoint_settings,
        code=code_digest("workflow_scripts.track_athlete"),
    message:
        "Following the athlete: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/track_athlete.py"


rule crop_athlete:
    input:
        unpack(masks_of_people),
        videos=videos_to_open,
        tracks=f"{DATASET}/tracks/{{shard}}.h5",
    output:
        f"{DATASET}/crops/{{shard}}.h5",
        broken=f"{DATASET}/crops/{{shard}}.broken.csv",
    log:
        f"{LOGS}/crop_athlete/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/crop_athlete/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(240),
        on_bad_video=section("on_bad_video"),
    params:
        settings=section("crops"),
        code=code_digest("workflow_scripts.crop_athlete"),
    message:
        "Cropping the athlete: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/crop_athlete.py"


rule estimate_flow:
    input:
        crops=f"{DATASET}/crops/{{shard}}.h5",
        checkpoints=lambda wc: checkpoints(flow_weights(settings_of(wc.dataset).flow)),
    output:
        f"{DATASET}/flow/{{shard}}.h5",
    log:
        f"{LOGS}/estimate_flow/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/estimate_flow/{{shard}}.tsv"
    priority: 50
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(240),
    params:
        settings=section("flow"),
        networks_dir=str(RUN.networks_dir),
        code=code_digest("workflow_scripts.estimate_flow"),
    message:
        "Estimating flow: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/estimate_flow.py"
