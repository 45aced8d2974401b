"""Recognition heads on any feature set, all trials of a regime in one job; and late fusion of several."""


rule recognize_actions:
    input:
        actions=f"{DATASET}/dataset/actions.csv",
        classes=f"{DATASET}/dataset/classes.csv",
        features=lambda wc: feature_files(wc.dataset, wc.feature),
    output:
        f"{DATASET}/recognition/{{feature}}/{{head}}/{{regime}}.h5",
    log:
        f"{LOGS}/recognize_actions/{{feature}}/{{head}}/{{regime}}.log",
    benchmark:
        f"{BENCHMARKS}/recognize_actions/{{feature}}/{{head}}/{{regime}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=4000,
        runtime=480,
    params:
        settings=head_settings,
        trials=section("trials"),
        seed=section("seed"),
        code=code_digest("workflow_scripts.recognize_actions"),
    message:
        "Recognising actions: {wildcards.dataset}, {wildcards.feature}, {wildcards.head}, "
        "{wildcards.regime}"
    script:
        "../workflow_scripts/recognize_actions.py"


rule ensemble_features:
    input:
        parts=parts_of_late_fusion,
    output:
        f"{DATASET}/late_fusion/{{ensemble}}/{{head}}/{{regime}}.h5",
    log:
        f"{LOGS}/ensemble_features/{{ensemble}}/{{head}}/{{regime}}.log",
    benchmark:
        f"{BENCHMARKS}/ensemble_features/{{ensemble}}/{{head}}/{{regime}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_digest("workflow_scripts.ensemble_features"),
    message:
        "Putting {wildcards.ensemble} together: {wildcards.dataset}, {wildcards.head}, "
        "{wildcards.regime}"
    script:
        "../workflow_scripts/ensemble_features.py"
