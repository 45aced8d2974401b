"""Retrieval of actions like a given one, on any feature set."""


rule retrieve_actions:
    input:
        actions=f"{DATASET}/dataset/actions.csv",
        features=all_shards(f"{DATASET}/features/{{feature}}/{{shard}}.h5"),
    output:
        f"{DATASET}/retrieval/{{feature}}.h5",
    log:
        f"{LOGS}/retrieve_actions/{{feature}}.log",
    benchmark:
        f"{BENCHMARKS}/retrieve_actions/{{feature}}.tsv"
    conda:
        "../envs/vpd.yaml"
    threads: stage_threads("retrieve_actions")
    resources:
        **stage_resources("retrieve_actions"),
    params:
        settings=section("retrieval"),
        code=code_digest("workflow_scripts.retrieve_actions"),
    message:
        "Retrieving actions: {wildcards.dataset}, {wildcards.feature}"
    script:
        "../workflow_scripts/retrieve_actions.py"


rule table3:
    input:
        retrieval=lambda wc: expand(
            "results/{dataset}/retrieval/{feature}.h5",
            dataset=wc.dataset,
            feature=settings_of(wc.dataset).methods,
        ),
    output:
        report(
            f"{DATASET}/table3.csv",
            caption="../docs/report/table3.rst",
            category="Retrieval",
            labels={"dataset": "{dataset}", "what": "precision@k"},
        ),
    log:
        f"{LOGS}/table3.log",
    benchmark:
        f"{BENCHMARKS}/table3.tsv"
    conda:
        "../envs/vpd.yaml"
    threads: stage_threads("tables")
    resources:
        **stage_resources("tables"),
    params:
        methods=section("methods"),
        ks=lambda wc: settings_of(wc.dataset).retrieval.ks,
        paper_column=section("paper_column"),
        code=code_digest("workflow_scripts.table3"),
    message:
        "Table 3: {wildcards.dataset}"
    script:
        "../workflow_scripts/table3.py"
