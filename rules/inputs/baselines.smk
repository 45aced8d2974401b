"""Inputs and settings of heads, baselines and networks that look at pictures."""


def head_settings(wildcards):
    """What the head in question is given; the other heads' settings do not concern it."""
    recognition = settings_of(wildcards.dataset).recognition.model_dump(mode="json")
    names = ("target_fps", "target_fps_slack", *sections_of(wildcards.head))
    return {name: recognition[name] for name in names}


def baseline_settings(wildcards):
    """Settings of a baseline."""
    known = settings_of(wildcards.dataset).baselines
    name = wildcards.get("baseline") or wildcards.ensemble
    if name not in known:
        refuse(
            f"datasets/{wildcards.dataset}.yaml: there is no baseline {name!r} under `baselines`; known: "
            f"{', '.join(known) or 'none'}. Add it, with its `kind`."
        )
    return known[name]


def baseline_inputs(wildcards):
    """What a baseline is fed: poses, or pictures or flow, and the weights it starts from."""
    settings = baseline_settings(wildcards)

    def of(stage):
        return all_shards(f"{DATASET}/{stage}/{{shard}}.h5")(wildcards)

    if isinstance(settings, SkeletonMethod):
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
    return expand(
        "results/{dataset}/baselines/{part}/{setting}.h5",
        dataset=wildcards.dataset,
        part=baseline_settings(wildcards).parts,
        setting=wildcards.setting,
    )


def r3d_settings(wildcards):
    """Settings of a feature set of R3D."""
    known = settings_of(wildcards.dataset).r3d
    if wildcards.r3d not in known:
        refuse(
            f"datasets/{wildcards.dataset}.yaml: there is no feature set {wildcards.r3d!r} under `r3d`; known: "
            f"{', '.join(known) or 'none'}. Add it, with its `weights`."
        )
    return known[wildcards.r3d]


def embed_r3d_settings(wildcards):
    """Settings of R3D, or nothing where another tool's descriptors stand in for it."""
    if wildcards.r3d in settings_of(wildcards.dataset).supplied.features:
        return None
    return r3d_settings(wildcards).model_dump(mode="json")


def r3d_weights(wildcards):
    """The weights that R3D starts from."""
    return checkpoints(baseline_weights(r3d_settings(wildcards)))


def r3d_inputs(wildcards):
    """Crops and what embeds them, the network trained here or the pretrained one; or another tool's descriptors."""
    folder, shard = f"results/{wildcards.dataset}", f"{wildcards.shard}.h5"
    given = supplied_features(wildcards, wildcards.r3d)
    if given:
        return given
    crops = {"crops": f"{folder}/crops/{shard}", "tracks": f"{folder}/tracks/{shard}"}
    if r3d_settings(wildcards).fine_tune:
        return {**crops, "trained": f"{folder}/r3d/{wildcards.r3d}"}
    return {**crops, "weights": r3d_weights(wildcards)}


def video_encoder_settings(wildcards):
    """Settings of a feature set of a video encoder."""
    known = settings_of(wildcards.dataset).video_encoders
    if wildcards.video_encoder not in known:
        refuse(
            f"datasets/{wildcards.dataset}.yaml: there is no feature set {wildcards.video_encoder!r} under "
            f"`video_encoders`; known: {', '.join(known) or 'none'}. Add it, with its `kind` and `weights`."
        )
    return known[wildcards.video_encoder]


def embed_video_encoder_settings(wildcards):
    """Settings of a video encoder, or nothing where another tool's descriptors stand in for it."""
    if wildcards.video_encoder in settings_of(wildcards.dataset).supplied.features:
        return None
    return video_encoder_settings(wildcards).model_dump(mode="json")


def video_encoder_inputs(wildcards):
    """Crops, and the encoder's folder, file by file; or another tool's descriptors."""
    folder, shard = f"results/{wildcards.dataset}", f"{wildcards.shard}.h5"
    given = supplied_features(wildcards, wildcards.video_encoder)
    if given:
        return given
    return {
        "crops": f"{folder}/crops/{shard}",
        "tracks": f"{folder}/tracks/{shard}",
        "weights": [str(path) for path in video_encoder_settings(wildcards).files],
    }


def parts_of_late_fusion(wildcards):
    """What a head says of the feature sets that an ensemble of them is the mean of."""
    known = settings_of(wildcards.dataset).ensembles
    if wildcards.ensemble not in known:
        refuse(
            f"datasets/{wildcards.dataset}.yaml: there is no {wildcards.ensemble!r} under `ensembles`; known: "
            f"{', '.join(known) or 'none'}. Add it, with its feature sets."
        )
    if wildcards.head not in NETWORK_HEADS:
        refuse(
            f"{wildcards.ensemble}: {wildcards.head} gives no probabilities to put together; ask for a head that is a network, "
            "such as bigru, or put the feature sets side by side under `concat`."
        )
    parts = recognition_files(
        known[wildcards.ensemble], [wildcards.head], [wildcards.setting]
    )
    return in_results(wildcards.dataset, parts)
