"""Every action in all footage: clips of what was found."""


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
        mem_mb=4000,
        runtime=1440,
        on_bad_video=section("on_bad_video"),
    params:
        settings=section("clips"),
        code=code_digest("workflow_scripts.cut_clips"),
    message:
        "Cutting found actions out of their videos: {wildcards.dataset}"
    script:
        "../workflow_scripts/cut_clips.py"
