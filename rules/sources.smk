"""Networks, the demo's videos, and the checked list of videos and actions."""


rule fetch_networks:
    output:
        onnx=networks("movenet-thunder", "movenet-multipose", "nanodet"),
        manifests=[
            path.replace(".onnx", ".manifest.json")
            for path in networks("movenet-thunder", "movenet-multipose", "nanodet")
        ],
    log:
        "results/logs/fetch_networks.log",
    benchmark:
        "results/benchmarks/fetch_networks.tsv"
    priority: 100
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(30),
    params:
        networks_dir=lambda wc, output: str(Path(output.onnx[0]).parent),
    message:
        "Fetching and converting the embedded networks"
    script:
        "../workflow_scripts/fetch_networks.py"


rule fetch_checkpoint:
    output:
        checkpoint=f"{RUN.networks_dir}/{{checkpoint}}.pth",
    log:
        "results/logs/fetch_checkpoint/{checkpoint}.log",
    benchmark:
        "results/benchmarks/fetch_checkpoint/{checkpoint}.tsv"
    priority: 100
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(30),
    params:
        name=lambda wc: wc.checkpoint,
        networks_dir=lambda wc, output: str(Path(output.checkpoint).parent),
    message:
        "Fetching checkpoint {wildcards.checkpoint}"
    script:
        "../workflow_scripts/fetch_checkpoint.py"


rule render_demo:
    output:
        labels=f"{DATASET}/source/labels.csv",
        truth=f"{DATASET}/source/truth.h5",
        motions=f"{DATASET}/source/motions.npz",
        videos=directory(f"{DATASET}/source/videos"),
    log:
        f"{LOGS}/render_demo.log",
    benchmark:
        f"{BENCHMARKS}/render_demo.tsv"
    conda:
        "../envs/vpd.yaml"
    threads: 2
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(60),
    params:
        adapter=section("adapter"),
        code=code_digest("workflow_scripts.render_demo"),
    message:
        "Rendering the synthetic sport {wildcards.dataset}"
    script:
        "../workflow_scripts/render_demo.py"


rule fetch_labels:
    output:
        f"{DATASET}/dataset/sources.csv",
    log:
        f"{LOGS}/fetch_labels.log",
    benchmark:
        f"{BENCHMARKS}/fetch_labels.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(30),
    params:
        kind=lambda wc: settings_of(wc.dataset).adapter.kind,
        code=code_digest("workflow_scripts.fetch_labels"),
    message:
        "Fetching the published labels of {wildcards.dataset}"
    script:
        "../workflow_scripts/fetch_labels.py"


rule recut_broadcasts:
    input:
        labels=label_files_of,
        recording=recording_file,
    output:
        directory(f"{DATASET}/source/clips/{{recording}}"),
    log:
        f"{LOGS}/recut_broadcasts/{{recording}}.log",
    benchmark:
        f"{BENCHMARKS}/recut_broadcasts/{{recording}}.tsv"
    conda:
        "../envs/vpd.yaml"
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(1440),
        on_bad_video=section("on_bad_video"),
    params:
        adapter=section("adapter"),
        data_dir=str(RUN.under_data("")),
        code=code_digest("workflow_scripts.recut_broadcasts"),
    message:
        "Cutting {wildcards.recording}: {wildcards.dataset}"
    script:
        "../workflow_scripts/recut_broadcasts.py"


rule list_videos:
    input:
        unpack(list_inputs),
    output:
        videos=f"{DATASET}/shards/{{shard}}.csv",
        problems=f"{DATASET}/shards/{{shard}}.problems.csv",
    log:
        f"{LOGS}/list_videos/{{shard}}.log",
    benchmark:
        f"{BENCHMARKS}/list_videos/{{shard}}.tsv"
    # The scheduler adds up the priorities of the jobs that it starts together: more than those of all cores.
    priority: 100000
    conda:
        "../envs/vpd.yaml"
    threads: every_core
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(120),
        on_bad_video=section("on_bad_video"),
    params:
        adapter=list_settings,
        videos=videos_of_shard,
        state=state_of_shard,
        unreachable=links_to_nothing,
        keypoints=keypoint_settings,
        num_shards=section("num_shards"),
        data_dir=str(RUN.under_data("")),
        code=code_digest("workflow_scripts.list_videos"),
    message:
        "Checking videos: {wildcards.dataset}, shard {wildcards.shard}"
    script:
        "../workflow_scripts/list_videos.py"


rule prepare_dataset:
    input:
        unpack(prepare_inputs),
    output:
        videos=f"{DATASET}/dataset/videos.csv",
        actions=f"{DATASET}/dataset/actions.csv",
        classes=f"{DATASET}/dataset/classes.csv",
        events=f"{DATASET}/dataset/events.csv",
        trials=f"{DATASET}/dataset/detection_trials.csv",
        summary=f"{DATASET}/dataset/summary.csv",
        problems=f"{DATASET}/dataset/problems.csv",
    log:
        f"{LOGS}/prepare_dataset.log",
    benchmark:
        f"{BENCHMARKS}/prepare_dataset.tsv"
    priority: 90000
    conda:
        "../envs/vpd.yaml"
    threads: every_core
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(60),
        on_bad_video=section("on_bad_video"),
    params:
        adapter=section("adapter"),
        labels=section("labels"),
        keypoints=keypoint_settings,
        classes=section("classes"),
        num_shards=section("num_shards"),
        seed=section("seed"),
        data_dir=str(RUN.under_data("")),
        clips=clips_there,
        state=state_of_clips,
        code=code_digest("workflow_scripts.prepare_dataset"),
    message:
        "Checking labels of {wildcards.dataset}"
    script:
        "../workflow_scripts/prepare_dataset.py"
