"""A model to share: all that finds the actions of a video that is not of the dataset (`python -m vpdlib find`)."""


rule share_model:
    input:
        unpack(learnt_from),
        models=shared_models,
        weights=own_weights_of_model,
    output:
        directory(f"{DATASET}/model"),
    log:
        f"{LOGS}/share_model.log",
    benchmark:
        f"{BENCHMARKS}/share_model.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(30),
    params:
        settings=lambda wc: shared_settings(wc.dataset).model_dump(mode="json"),
        code=code_digest("workflow_scripts.share_model"),
    message:
        "Putting a model together to be shared: {wildcards.dataset}"
    script:
        "../workflow_scripts/share_model.py"
