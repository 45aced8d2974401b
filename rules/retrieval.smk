"""Retrieval of actions like a given one, on any feature set."""


rule retrieve_block:
    input:
        actions=f"{DATASET}/dataset/actions.csv",
        features=features_of_retrieval_block,
    output:
        f"{DATASET}/retrieval_blocks/{{feature}}/{{block}}.h5",
    log:
        f"{LOGS}/retrieve_block/{{feature}}/{{block}}.log",
    benchmark:
        f"{BENCHMARKS}/retrieve_block/{{feature}}/{{block}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(8000),
        runtime=per_attempt(480),
    params:
        settings=lambda wc: settings_of(wc.dataset).retrieval.model_dump(
            mode="json", exclude={"methods", "ks"}
        ),
        code=code_digest("workflow_scripts.retrieve_block"),
    message:
        "Retrieving actions: {wildcards.dataset}, {wildcards.feature}, block {wildcards.block}"
    script:
        "../workflow_scripts/retrieve_block.py"


rule retrieve_actions:
    input:
        unpack(what_is_retrieved),
        actions=f"{DATASET}/dataset/actions.csv",
    output:
        f"{DATASET}/retrieval/{{feature}}.h5",
    log:
        f"{LOGS}/retrieve_actions/{{feature}}.log",
    benchmark:
        f"{BENCHMARKS}/retrieve_actions/{{feature}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(8000),
        runtime=per_attempt(480),
    params:
        settings=lambda wc: settings_of(wc.dataset).retrieval.model_dump(
            mode="json", exclude={"methods"}
        ),
        code=code_digest("workflow_scripts.retrieve_actions"),
    message:
        "Retrieving actions: {wildcards.dataset}, {wildcards.feature}"
    script:
        "../workflow_scripts/retrieve_actions.py"
