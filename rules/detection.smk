"""Few-shot temporal detection of actions in whole videos, on any feature set."""


rule detect_actions:
    input:
        videos=f"{DATASET}/dataset/videos.csv",
        events=f"{DATASET}/dataset/events.csv",
        trials=f"{DATASET}/dataset/detection_trials.csv",
        features=all_shards(f"{DATASET}/features/{{feature}}/{{shard}}.h5"),
    output:
        f"{DATASET}/detection/{{feature}}.h5",
    log:
        f"{LOGS}/detect_actions/{{feature}}.log",
    benchmark:
        f"{BENCHMARKS}/detect_actions/{{feature}}.tsv"
    conda:
        "../envs/vpd.yaml"
    threads: stage_threads("detect_actions")
    resources:
        **stage_resources("detect_actions"),
    params:
        settings=section("detection"),
        seed=section("seed"),
        device=RUN.device,
        code=code_digest("workflow_scripts.detect_actions"),
    message:
        "Detecting actions: {wildcards.dataset}, {wildcards.feature}"
    script:
        "../workflow_scripts/detect_actions.py"


rule table4:
    input:
        detection=lambda wc: expand(
            "results/{dataset}/detection/{feature}.h5",
            dataset=wc.dataset,
            feature=settings_of(wc.dataset).methods,
        ),
    output:
        report(
            f"{DATASET}/table4.csv",
            caption="../docs/report/table4.rst",
            category="Detection",
            labels={"dataset": "{dataset}", "what": "AP by tIoU"},
        ),
    log:
        f"{LOGS}/table4.log",
    benchmark:
        f"{BENCHMARKS}/table4.tsv"
    conda:
        "../envs/vpd.yaml"
    threads: stage_threads("tables")
    resources:
        **stage_resources("tables"),
    params:
        methods=section("methods"),
        paper_column=section("paper_column"),
        code=code_digest("workflow_scripts.table4"),
    message:
        "Table 4: {wildcards.dataset}"
    script:
        "../workflow_scripts/table4.py"
