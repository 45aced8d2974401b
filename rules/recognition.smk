"""Recognition heads on any feature set, all trials of a regime in one job; and late fusion of several."""


# Of nearest neighbours alone: what a network says of a test action costs nothing beside its training.
rule recognize_block:
    input:
        actions=f"{DATASET}/dataset/actions.csv",
        classes=f"{DATASET}/dataset/classes.csv",
        features=features_of_recognition_block,
    output:
        f"{DATASET}/recognition_blocks/{{feature}}/nns/{{regime}}/{{block}}.h5",
    log:
        f"{LOGS}/recognize_block/{{feature}}/nns/{{regime}}/{{block}}.log",
    benchmark:
        f"{BENCHMARKS}/recognize_block/{{feature}}/nns/{{regime}}/{{block}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(480),
    params:
        settings=lambda wc: settings_of_head(wc.dataset, "nns"),
        num_blocks=lambda wc: settings_of(wc.dataset).recognition.nns.num_blocks,
        trials=section("trials"),
        seed=section("seed"),
        code=code_digest("workflow_scripts.recognize_block"),
    message:
        "Recognising actions: {wildcards.dataset}, {wildcards.feature}, nns, {wildcards.regime}, "
        "block {wildcards.block}"
    script:
        "../workflow_scripts/recognize_block.py"


rule recognize_actions:
    input:
        unpack(what_is_recognised),
        actions=f"{DATASET}/dataset/actions.csv",
        classes=f"{DATASET}/dataset/classes.csv",
    output:
        f"{DATASET}/recognition/{{feature}}/{{head}}/{{regime}}.h5",
    log:
        f"{LOGS}/recognize_actions/{{feature}}/{{head}}/{{regime}}.log",
    benchmark:
        f"{BENCHMARKS}/recognize_actions/{{feature}}/{{head}}/{{regime}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(480),
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
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        code=code_digest("workflow_scripts.ensemble_features"),
    message:
        "Putting {wildcards.ensemble} together: {wildcards.dataset}, {wildcards.head}, "
        "{wildcards.regime}"
    script:
        "../workflow_scripts/ensemble_features.py"
