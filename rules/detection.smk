"""Few-shot temporal detection of actions in whole videos, on any feature set."""


rule detect_actions:
    input:
        videos=f"{DATASET}/dataset/videos.csv",
        events=f"{DATASET}/dataset/events.csv",
        trials=f"{DATASET}/dataset/detection_trials.csv",
        features=lambda wc: feature_files(wc.dataset, wc.feature),
    output:
        f"{DATASET}/detection/{{feature}}.h5",
    log:
        f"{LOGS}/detect_actions/{{feature}}.log",
    benchmark:
        f"{BENCHMARKS}/detect_actions/{{feature}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(8000),
        runtime=per_attempt(1440),
    params:
        settings=section("detection"),
        seed=section("seed"),
        code=code_digest("workflow_scripts.detect_actions"),
    message:
        "Detecting actions: {wildcards.dataset}, {wildcards.feature}"
    script:
        "../workflow_scripts/detect_actions.py"
