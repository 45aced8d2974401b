"""Problems, figures and videos to look at, and comparison with ground truth."""


rule problems:
    input:
        unpack(problem_inputs),
    output:
        csv=list_in_report("problems", "csv", category="Problems"),
        html=list_in_report("problems", "html", category="Problems"),
    log:
        f"{LOGS}/problems.log",
    benchmark:
        f"{BENCHMARKS}/problems.tsv"
    # As soon as the tracks are there: who waits for a table learns in time what is wrong.
    priority: 80
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
        # No params: a student that is there is no reason to look again.
        kept_students=lambda wc: " ".join(kept_students(wc.dataset)),
    params:
        title=section("title"),
        tracks_from=lambda wc: settings_of(wc.dataset).tracks_from,
        has_videos=lambda wc: settings_of(wc.dataset).adapter.has_videos,
        not_taken=files_not_taken,
        carried_on=carried_on,
        on_bad_video=section("on_bad_video"),
        code=code_digest("workflow_scripts.problems"),
    message:
        "Looking for what was passed over: {wildcards.dataset}"
    script:
        "../workflow_scripts/problems.py"


rule figure3:
    input:
        unpack(table_files),
        problems=f"{DATASET}/problems.csv",
    output:
        csv=table_in_report("figure3", "csv"),
        html=table_in_report("figure3", "html"),
        png=table_in_report("figure3", "png"),
        pdf=table_in_report("figure3", "pdf"),
        md=f"{DATASET}/figure3.md",
    log:
        f"{LOGS}/figure3.log",
    benchmark:
        f"{BENCHMARKS}/figure3.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        settings=table_settings,
        caption=LAYOUTS["figure3"].caption,
        title=section("title"),
        paper_column=section("paper_column"),
        code=code_digest("workflow_scripts.figure3"),
    message:
        "Figure 3: {wildcards.dataset}"
    script:
        "../workflow_scripts/figure3.py"


rule predictions:
    input:
        problems=f"{DATASET}/problems.csv",
        recognition=recognition_of_table1,
        actions=f"{DATASET}/dataset/actions.csv",
    output:
        csv=list_in_report(
            "predictions", "csv", category="Tables", subcategory="Recognition"
        ),
        html=list_in_report(
            "predictions",
            "html",
            category="Tables",
            subcategory="Recognition",
        ),
    log:
        f"{LOGS}/predictions.log",
    benchmark:
        f"{BENCHMARKS}/predictions.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        title=section("title"),
        code=code_digest("workflow_scripts.predictions"),
    message:
        "What each test action was taken for: {wildcards.dataset}"
    script:
        "../workflow_scripts/predictions.py"


rule measure_accuracy:
    input:
        unpack(truth_inputs),
        videos=f"{DATASET}/dataset/videos.csv",
        tracks=all_shards(f"{DATASET}/tracks/{{shard}}.h5"),
        poses=all_shards(f"{DATASET}/poses/{{shard}}.h5"),
        labels=all_shards(f"{DATASET}/weak_labels/pose2d/{{shard}}.h5"),
        features=lambda wc: [
            path
            for name in students_of_joints(wc)
            for path in feature_files(wc.dataset, name)
        ],
        students=lambda wc: [
            f"results/{wc.dataset}/students/{name}" for name in students_of_joints(wc)
        ],
    output:
        csv=list_in_report(
            "accuracy",
            "csv",
            category="Tables",
            subcategory="Teacher and students",
        ),
        html=list_in_report(
            "accuracy",
            "html",
            category="Tables",
            subcategory="Teacher and students",
        ),
    log:
        f"{LOGS}/measure_accuracy.log",
    benchmark:
        f"{BENCHMARKS}/measure_accuracy.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(60),
    params:
        title=section("title"),
        students=students_of_joints,
        truth=section("truth"),
        code=code_digest("workflow_scripts.measure_accuracy"),
    message:
        "Measuring tracks, teacher and students against ground truth: {wildcards.dataset}"
    script:
        "../workflow_scripts/measure_accuracy.py"


rule draw_overlay:
    input:
        unpack(overlay_inputs),
    output:
        report(
            f"{DATASET}/overlays/{{video}}.mp4",
            caption=f"{CAPTIONS}/overlay.rst",
            category="Overlays",
            labels={"video": "{video}", "dataset": "{dataset}"},
        ),
    log:
        f"{LOGS}/draw_overlay/{{video}}.log",
    benchmark:
        f"{BENCHMARKS}/draw_overlay/{{video}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(30),
    params:
        code=code_digest("workflow_scripts.draw_overlay"),
    message:
        "Drawing {wildcards.video} of {wildcards.dataset}"
    script:
        "../workflow_scripts/draw_overlay.py"


rule build_site:
    input:
        site_inputs,
    output:
        index=f"{DATASET}/report/index.html",
        assets=directory(f"{DATASET}/report/assets"),
        clips=directory(f"{DATASET}/report/clips"),
        data=directory(f"{DATASET}/report/data"),
        figures=report(
            directory(f"{DATASET}/report/figures"),
            patterns=["{figure}.{form,svg|csv}"],
            caption=f"{CAPTIONS}/figure.rst",
            category="Figures",
            labels=figure_labels,
        ),
        pages=directory(f"{DATASET}/report/pages"),
    log:
        f"{LOGS}/build_site.log",
    benchmark:
        f"{BENCHMARKS}/build_site.tsv"
    conda:
        "../envs/vpd.yaml"
    threads: 2
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(240),
    params:
        results=lambda wc: f"results/{wc.dataset}",
        there=site_files,
        settings=lambda wc: settings_of(wc.dataset).model_dump(mode="json"),
        code=code_digest("workflow_scripts.build_site"),
    message:
        "Building the pages to look at: {wildcards.dataset}"
    script:
        "../workflow_scripts/build_site.py"


rule copy_site:
    input:
        rules.build_site.output,
    output:
        report(
            directory(f"{DATASET}/site"),
            htmlindex="index.html",
            caption=f"{CAPTIONS}/site.rst",
            category="Site",
            labels={"pages": "pages to look at", "dataset": "{dataset}"},
        ),
    log:
        f"{LOGS}/copy_site.log",
    benchmark:
        f"{BENCHMARKS}/copy_site.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(500),
        runtime=per_attempt(30),
    params:
        code=code_digest("workflow_scripts.copy_site"),
    message:
        "The pages as one folder, for a report: {wildcards.dataset}"
    script:
        "../workflow_scripts/copy_site.py"
