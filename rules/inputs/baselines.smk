"""Inputs and settings of baselines."""


def baseline_settings(wildcards):
    """Settings of a baseline that is trained; its kind stands in the path."""
    settings = named(wildcards.dataset, "baselines", wildcards.baseline)
    if settings.kind != wildcards.baseline_kind:
        refuse(
            f"datasets/{wildcards.dataset}.yaml: baseline {wildcards.baseline!r} is of kind {settings.kind}; ask for "
            f"baselines/{settings.kind}/{wildcards.baseline}/{wildcards.regime}.h5"
        )
    return settings


def baseline_inputs(wildcards):
    """What a baseline is fed: poses, or pictures or flow, and the weights it starts from."""
    settings = baseline_settings(wildcards)

    def of(stage):
        return all_shards(f"{DATASET}/{stage}/{{shard}}.h5")(wildcards)

    if isinstance(settings, SkeletonBaseline):
        return {"poses": of("poses"), "tracks": of("tracks")}
    weights = {"weights": checkpoints(baseline_weights(settings))}
    if settings.input == "frame":
        return {"pictures": of("frames"), **weights}
    stage = "flow" if settings.stream == "flow" else "crops"
    return {"pictures": of(stage), "tracks": of("tracks"), **weights}


def thinning_settings(wildcards):
    """How sequences of faster videos are thinned, for the baselines as for the heads."""
    recognition = settings_of(wildcards.dataset).recognition
    return {
        "target_fps": recognition.target_fps,
        "target_fps_slack": recognition.target_fps_slack,
    }


def parts_of_ensemble(wildcards):
    """The baselines that an ensemble is the sum of."""
    known = settings_of(wildcards.dataset).baselines
    parts = named(wildcards.dataset, "baselines", wildcards.ensemble).parts
    return in_results(
        wildcards.dataset,
        [
            f"baselines/{known[part].kind}/{part}/{wildcards.regime}.h5"
            for part in parts
        ],
    )
