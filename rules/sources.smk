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
    threads: stage_threads("fetch_networks")
    resources:
        **stage_resources("fetch_networks"),
    params:
        networks_dir=lambda wc, output: str(Path(output.onnx[0]).parent),
        downloads_dir=str(RUN.downloads() or ""),
    message:
        "Fetching and converting the embedded networks"
    script:
        "../workflow_scripts/fetch_networks.py"


rule render_demo:
    output:
        labels=f"{DATASET}/source/labels.csv",
        truth=f"{DATASET}/source/truth.h5",
        videos=directory(f"{DATASET}/source/videos"),
    log:
        f"{LOGS}/render_demo.log",
    benchmark:
        f"{BENCHMARKS}/render_demo.tsv"
    conda:
        "../envs/vpd.yaml"
    threads: stage_threads("render_demo")
    resources:
        **stage_resources("render_demo"),
    params:
        adapter=section("adapter"),
        code=code_digest("vpdlib.demo.generate"),
    message:
        "Rendering the synthetic sport {wildcards.dataset}"
    script:
        "../workflow_scripts/render_demo.py"


rule prepare_dataset:
    input:
        labels=label_file,
        videos=all_videos,
    output:
        videos=f"{DATASET}/dataset/videos.csv",
        actions=f"{DATASET}/dataset/actions.csv",
    log:
        f"{LOGS}/prepare_dataset.log",
    benchmark:
        f"{BENCHMARKS}/prepare_dataset.tsv"
    conda:
        "../envs/vpd.yaml"
    threads: stage_threads("prepare_dataset")
    resources:
        **stage_resources("prepare_dataset"),
    params:
        adapter=section("adapter"),
        classes=section("classes"),
        num_shards=section("num_shards"),
        shots=section("shots"),
        trials=section("trials"),
        seed=section("seed"),
        data_dir=str(RUN.under_data("")),
        code=code_digest(
            "vpdlib.datasets.catalogue",
            "vpdlib.datasets.fewshot",
            "vpdlib.datasets.prepare",
            "vpdlib.datasets.tables",
        ),
    message:
        "Checking videos and labels of {wildcards.dataset}"
    script:
        "../workflow_scripts/prepare_dataset.py"
