"""The paper's tables, ours beside the published numbers: CSV, and Markdown to read (vpdlib/config/tables.py)."""


rule table:
    input:
        unpack(table_files),
        problems=f"{DATASET}/problems.csv",
    output:
        csv=table_in_report("{table}", "csv"),
        html=table_in_report("{table}", "html"),
        md=f"{DATASET}/{{table}}.md",
    log:
        f"{LOGS}/{{table}}.log",
    benchmark:
        f"{BENCHMARKS}/{{table}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        settings=table_settings,
        caption=lambda wildcards: LAYOUTS[wildcards.table].caption,
        title=section("title"),
        paper_column=section("paper_column"),
        code=code_digest("workflow_scripts.table"),
    message:
        "{wildcards.table}: {wildcards.dataset}"
    script:
        "../workflow_scripts/table.py"


rule tables:
    input:
        tables=every_table,
    output:
        f"{DATASET}/tables.md",
    log:
        f"{LOGS}/tables.log",
    benchmark:
        f"{BENCHMARKS}/tables.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        code=code_digest("workflow_scripts.tables"),
    message:
        "All tables: {wildcards.dataset}"
    script:
        "../workflow_scripts/tables.py"
