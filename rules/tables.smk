"""The paper's tables, ours beside the published numbers: CSV, and Markdown to read."""


rule table1:
    input:
        problems=f"{DATASET}/problems.csv",
        recognition=recognition_of(lambda settings: ["full"]),
        baselines=baseline_cells(lambda settings: ["full"]),
        classes=classes_of_trivial_rows,
    output:
        csv=report(
            f"{DATASET}/table1.csv",
            caption="../docs/report/table1.rst",
            category="Recognition",
            labels={"dataset": "{dataset}", "what": "all training data"},
        ),
        md=f"{DATASET}/table1.md",
    log:
        f"{LOGS}/table1.log",
    benchmark:
        f"{BENCHMARKS}/table1.tsv"
    conda:
        "../envs/vpd.yaml"
    threads: stage_threads("tables")
    resources:
        **stage_resources("tables"),
    params:
        methods=section("methods"),
        heads=section("heads"),
        ensembles=lambda wc: list(settings_of(wc.dataset).ensembles),
        baselines=lambda wc: settings_of(wc.dataset).baseline_rows,
        weights=lambda wc: settings_of(wc.dataset).weights_of_methods,
        title=section("title"),
        paper_column=section("paper_column"),
        code=code_digest("workflow_scripts.table1"),
    message:
        "Table 1: {wildcards.dataset}"
    script:
        "../workflow_scripts/table1.py"


rule table2:
    input:
        problems=f"{DATASET}/problems.csv",
        recognition=ablation_cells,
    output:
        csv=report(
            f"{DATASET}/table2.csv",
            caption="../docs/report/table2.rst",
            category="Recognition",
            labels={"dataset": "{dataset}", "what": "ablations"},
        ),
        md=f"{DATASET}/table2.md",
    log:
        f"{LOGS}/table2.log",
    benchmark:
        f"{BENCHMARKS}/table2.tsv"
    conda:
        "../envs/vpd.yaml"
    threads: stage_threads("tables")
    resources:
        **stage_resources("tables"),
    params:
        methods=lambda wc: settings_of(wc.dataset).ablations,
        trained_as=ablation_sets,
        k=lambda wc: settings_of(wc.dataset).few_shot,
        title=section("title"),
        paper_column=section("paper_column"),
        code=code_digest("workflow_scripts.table2"),
    message:
        "Table 2: {wildcards.dataset}"
    script:
        "../workflow_scripts/table2.py"


rule table3:
    input:
        problems=f"{DATASET}/problems.csv",
        retrieval=of_methods("retrieval"),
    output:
        csv=report(
            f"{DATASET}/table3.csv",
            caption="../docs/report/table3.rst",
            category="Retrieval",
            labels={"dataset": "{dataset}", "what": "precision@k"},
        ),
        md=f"{DATASET}/table3.md",
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
        methods=retrieved,
        ks=lambda wc: settings_of(wc.dataset).retrieval.ks,
        title=section("title"),
        paper_column=section("paper_column"),
        code=code_digest("workflow_scripts.table3"),
    message:
        "Table 3: {wildcards.dataset}"
    script:
        "../workflow_scripts/table3.py"


rule table4:
    input:
        problems=f"{DATASET}/problems.csv",
        detection=of_methods("detection"),
    output:
        csv=report(
            f"{DATASET}/table4.csv",
            caption="../docs/report/table4.rst",
            category="Detection",
            labels={"dataset": "{dataset}", "what": "AP by tIoU"},
        ),
        md=f"{DATASET}/table4.md",
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
        weights=lambda wc: settings_of(wc.dataset).weights_of_methods,
        title=section("title"),
        paper_column=section("paper_column"),
        code=code_digest("workflow_scripts.table4"),
    message:
        "Table 4: {wildcards.dataset}"
    script:
        "../workflow_scripts/table4.py"


rule tableS1:
    input:
        problems=f"{DATASET}/problems.csv",
        recognition=threshold_cells,
        labels=threshold_labels,
        tracks=all_shards(f"{DATASET}/tracks/{{shard}}.h5"),
        actions=f"{DATASET}/dataset/actions.csv",
    output:
        csv=report(
            f"{DATASET}/tableS1.csv",
            caption="../docs/report/tableS1.rst",
            category="Recognition",
            labels={"dataset": "{dataset}", "what": "threshold of weak labels"},
        ),
        md=f"{DATASET}/tableS1.md",
    log:
        f"{LOGS}/tableS1.log",
    benchmark:
        f"{BENCHMARKS}/tableS1.tsv"
    conda:
        "../envs/vpd.yaml"
    threads: stage_threads("tables")
    resources:
        **stage_resources("tables"),
    params:
        teacher=threshold_teacher,
        trained_as=threshold_sets,
        students=threshold_students,
        k=lambda wc: settings_of(wc.dataset).few_shot,
        title=section("title"),
        paper_column=section("paper_column"),
        code=code_digest("workflow_scripts.tableS1"),
    message:
        "Table S1: {wildcards.dataset}"
    script:
        "../workflow_scripts/tableS1.py"


rule tableS2:
    input:
        problems=f"{DATASET}/problems.csv",
        recognition=few_shot_cells,
    output:
        csv=report(
            f"{DATASET}/tableS2.csv",
            caption="../docs/report/tableS2.rst",
            category="Recognition",
            labels={"dataset": "{dataset}", "what": "few-shot, both heads"},
        ),
        md=f"{DATASET}/tableS2.md",
    log:
        f"{LOGS}/tableS2.log",
    benchmark:
        f"{BENCHMARKS}/tableS2.tsv"
    conda:
        "../envs/vpd.yaml"
    threads: stage_threads("tables")
    resources:
        **stage_resources("tables"),
    params:
        methods=section("methods"),
        shots=section("shots"),
        title=section("title"),
        paper_column=section("paper_column"),
        code=code_digest("workflow_scripts.tableS2"),
    message:
        "Table S2: {wildcards.dataset}"
    script:
        "../workflow_scripts/tableS2.py"


rule tableS3:
    input:
        problems=f"{DATASET}/problems.csv",
        detection=of_methods("detection"),
    output:
        csv=report(
            f"{DATASET}/tableS3.csv",
            caption="../docs/report/tableS3.rst",
            category="Detection",
            labels={"dataset": "{dataset}", "what": "AP by threshold"},
        ),
        md=f"{DATASET}/tableS3.md",
    log:
        f"{LOGS}/tableS3.log",
    benchmark:
        f"{BENCHMARKS}/tableS3.tsv"
    conda:
        "../envs/vpd.yaml"
    threads: stage_threads("tables")
    resources:
        **stage_resources("tables"),
    params:
        methods=section("methods"),
        title=section("title"),
        paper_column=section("paper_column"),
        code=code_digest("workflow_scripts.tableS3"),
    message:
        "Table S3: {wildcards.dataset}"
    script:
        "../workflow_scripts/tableS3.py"


rule tableS4:
    input:
        problems=f"{DATASET}/problems.csv",
        recognition=every_head,
    output:
        csv=report(
            f"{DATASET}/tableS4.csv",
            caption="../docs/report/tableS4.rst",
            category="Recognition",
            labels={"dataset": "{dataset}", "what": "sequence models"},
        ),
        md=f"{DATASET}/tableS4.md",
    log:
        f"{LOGS}/tableS4.log",
    benchmark:
        f"{BENCHMARKS}/tableS4.tsv"
    conda:
        "../envs/vpd.yaml"
    threads: stage_threads("tables")
    resources:
        **stage_resources("tables"),
    params:
        methods=sequence_methods,
        title=section("title"),
        paper_column=section("paper_column"),
        code=code_digest("workflow_scripts.tableS4"),
    message:
        "Table S4: {wildcards.dataset}"
    script:
        "../workflow_scripts/tableS4.py"


rule tableS8:
    input:
        problems=f"{DATASET}/problems.csv",
        recognition=vipe_cells,
    output:
        csv=report(
            f"{DATASET}/tableS8.csv",
            caption="../docs/report/tableS8.rst",
            category="Recognition",
            labels={"dataset": "{dataset}", "what": "3D poses of VIPE*"},
        ),
        md=f"{DATASET}/tableS8.md",
    log:
        f"{LOGS}/tableS8.log",
    benchmark:
        f"{BENCHMARKS}/tableS8.tsv"
    conda:
        "../envs/vpd.yaml"
    threads: stage_threads("tables")
    resources:
        **stage_resources("tables"),
    params:
        methods=vipe_sets,
        title=section("title"),
        paper_column=section("paper_column"),
        code=code_digest("workflow_scripts.tableS8"),
    message:
        "Table S8: {wildcards.dataset}"
    script:
        "../workflow_scripts/tableS8.py"


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
    threads: stage_threads("tables")
    resources:
        **stage_resources("tables"),
    params:
        code=code_digest("workflow_scripts.tables"),
    message:
        "All tables: {wildcards.dataset}"
    script:
        "../workflow_scripts/tables.py"
