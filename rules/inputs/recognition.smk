"""Settings of heads, and what late fusion puts together."""


def head_settings(wildcards):
    """What the head in question is given; the other heads' settings do not concern it."""
    recognition = settings_of(wildcards.dataset).recognition.model_dump(mode="json")
    names = ("target_fps", "target_fps_slack", *sections_of(wildcards.head))
    return {name: recognition[name] for name in names}


def parts_of_late_fusion(wildcards):
    """What a head says of the feature sets that an ensemble of them is the mean of."""
    features = named(wildcards.dataset, "ensembles", wildcards.ensemble)
    if wildcards.head not in NETWORK_HEADS:
        refuse(
            f"{wildcards.ensemble}: {wildcards.head} gives no probabilities to put together; ask for a head that is a network, "
            "such as bigru, or put the feature sets side by side under `concat`."
        )
    parts = recognition_files(features, [wildcards.head], [wildcards.regime])
    return in_results(wildcards.dataset, parts)
