"""Every action in all footage: recognisers and detectors that stay, what they find, and clips of it."""


rule train_recogniser:
    input:
        unpack(learnt_from),
        features=lambda wc: feature_files(wc.dataset, wc.feature),
    output:
        directory(f"{DATASET}/recognisers/{{feature}}/{{head}}"),
    log:
        f"{LOGS}/train_recogniser/{{feature}}/{{head}}.log",
    benchmark:
        f"{BENCHMARKS}/train_recogniser/{{feature}}/{{head}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(8000),
        runtime=per_attempt(480),
    params:
        settings=head_settings,
        finding=settings_of_training,
        seed=section("seed"),
        code=code_digest("workflow_scripts.train_recogniser"),
    message:
        "Training a recogniser: {wildcards.dataset}, {wildcards.feature}, {wildcards.head}"
    script:
        "../workflow_scripts/train_recogniser.py"


rule train_detector:
    input:
        unpack(learnt_from),
        features=lambda wc: feature_files(wc.dataset, wc.feature),
    output:
        directory(f"{DATASET}/{{detector_kind}}/{{feature}}"),
    log:
        f"{LOGS}/train_detector/{{detector_kind}}/{{feature}}.log",
    benchmark:
        f"{BENCHMARKS}/train_detector/{{detector_kind}}/{{feature}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(8000),
        runtime=per_attempt(1440),
    params:
        settings=section("detection"),
        finding=settings_of_training,
        seed=section("seed"),
        code=code_digest("workflow_scripts.train_detector"),
    message:
        "Training {wildcards.detector_kind}: {wildcards.dataset}, {wildcards.feature}"
    script:
        "../workflow_scripts/train_detector.py"


rule tune_finder:
    input:
        unpack(learnt_from),
        unpack(models_of_finder),
        features=features_of_finder,
    output:
        directory(f"{DATASET}/finders/{{method}}/{{head}}"),
    log:
        f"{LOGS}/tune_finder/{{method}}/{{head}}.log",
    benchmark:
        f"{BENCHMARKS}/tune_finder/{{method}}/{{head}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(8000),
        runtime=per_attempt(240),
    params:
        features=parts_of_finder,
        finding=section("finding"),
        seed=section("seed"),
        code=code_digest("workflow_scripts.tune_finder"),
    message:
        "Choosing when an answer counts: {wildcards.dataset}, {wildcards.method}, {wildcards.head}"
    script:
        "../workflow_scripts/tune_finder.py"


rule find_actions:
    input:
        unpack(models_of_finder),
        unpack(labels_beside),
        finder=finder_folder,
        videos=f"{DATASET}/shards/{{shard}}.csv",
        features=shard_of_finder,
    output:
        f"{DATASET}/found/{{method}}/{{head}}/{{shard}}.h5",
    log:
        f"{LOGS}/find_actions/{{method}}/{{head}}/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/find_actions/{{method}}/{{head}}/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(240),
    params:
        features=parts_of_finder,
        code=code_digest("workflow_scripts.find_actions"),
    message:
        "Finding actions: {wildcards.dataset}, {wildcards.method}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/find_actions.py"


rule find_by_frame_classes:
    input:
        detector=f"{DATASET}/frame_classifiers/{{feature}}",
        videos=f"{DATASET}/shards/{{shard}}.csv",
        features=lambda wc: shard_of_features(wc, wc.feature),
    output:
        f"{DATASET}/frame_classes/{{feature}}/{{shard}}.h5",
    log:
        f"{LOGS}/find_by_frame_classes/{{feature}}/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/find_by_frame_classes/{{feature}}/{{shard}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(240),
    params:
        finding=section("finding"),
        code=code_digest("workflow_scripts.find_by_frame_classes"),
    message:
        "Finding actions by frame classes: {wildcards.dataset}, {wildcards.feature}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/find_by_frame_classes.py"


rule list_found:
    input:
        unpack(labels_beside),
        found=found_files,
        finder=finder_folder,
        videos=all_shards(f"{DATASET}/shards/{{shard}}.csv"),
        problems=problems_beside,
    output:
        csv=list_in_report("found", "csv", category="Found"),
        html=list_in_report("found", "html", category="Found"),
        md=f"{DATASET}/found.md",
    log:
        f"{LOGS}/list_found.log",
    benchmark:
        f"{BENCHMARKS}/list_found.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(30),
    params:
        caption=LAYOUTS["found_by_class"].caption,
        title=section("title"),
        code=code_digest("workflow_scripts.list_found"),
    message:
        "Every action found: {wildcards.dataset}"
    script:
        "../workflow_scripts/list_found.py"


rule choose_to_label:
    input:
        unpack(labels_beside),
        found=found_files,
        recogniser=lambda wc: models_of_finder(wc)["recognisers"][0],
        features=features_to_choose_from,
        videos=all_shards(f"{DATASET}/shards/{{shard}}.csv"),
        listed=videos_with_groups,
    output:
        csv=list_in_report("to_label", "csv", category="Found"),
        html=list_in_report("to_label", "html", category="Found"),
    log:
        f"{LOGS}/choose_to_label.log",
    benchmark:
        f"{BENCHMARKS}/choose_to_label.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(8000),
        runtime=per_attempt(60),
    params:
        title=section("title"),
        settings=section("to_label"),
        code=code_digest("workflow_scripts.choose_to_label"),
    message:
        "What to label next: {wildcards.dataset}"
    script:
        "../workflow_scripts/choose_to_label.py"


rule collect_found:
    input:
        csv=f"{DATASET}/collections/{{collection}}/found.csv",
        md=f"{DATASET}/collections/{{collection}}/found.md",
    output:
        csv=f"{DATASET}/found/{{collection}}.csv",
        md=f"{DATASET}/found/{{collection}}.md",
    log:
        f"{LOGS}/collect_found/{{collection}}.log",
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(100),
        runtime=per_attempt(10),
    message:
        "Every action found in {wildcards.collection}: {wildcards.dataset}"
    shell:
        "(cp {input.csv:q} {output.csv:q} && cp {input.md:q} {output.md:q}) 2> {log:q}"


rule cut_clips:
    input:
        found=f"{DATASET}/found.csv",
        videos=videos_to_cut,
    output:
        directory(f"{DATASET}/clips"),
        broken=f"{DATASET}/clips.broken.csv",
    log:
        f"{LOGS}/cut_clips.log",
    benchmark:
        f"{BENCHMARKS}/cut_clips.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        # 120 MB for each clip of 1920 x 1080 px that is open at one time.
        mem_mb=per_attempt(4000),
        runtime=per_attempt(1440),
        on_bad_video=section("on_bad_video"),
    params:
        settings=section("clips"),
        code=code_digest("workflow_scripts.cut_clips"),
    message:
        "Cutting found actions out of their videos: {wildcards.dataset}"
    script:
        "../workflow_scripts/cut_clips.py"


rule export_labels:
    input:
        unpack(labels_to_export),
        videos=all_shards(f"{DATASET}/shards/{{shard}}.csv"),
    output:
        directory(f"{DATASET}/{{exported}}.{{label_format}}"),
    log:
        f"{LOGS}/export_labels/{{exported}}.{{label_format}}.log",
    benchmark:
        f"{BENCHMARKS}/export_labels/{{exported}}.{{label_format}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(30),
    params:
        code=code_digest("workflow_scripts.export_labels"),
    message:
        "Writing {wildcards.exported} for other tools, {wildcards.label_format}: {wildcards.dataset}"
    script:
        "../workflow_scripts/export_labels.py"
