"""Settings of heads, what they and retrieval are given, and what late fusion puts together."""


def settings_of_head(dataset, head):
    """What a head is given; the other heads' settings do not concern it, nor into how many jobs its search is cut."""
    recognition = settings_of(dataset).recognition.model_dump(
        mode="json", exclude={"nns": {"num_blocks"}}
    )
    names = ("target_fps", "target_fps_slack", *sections_of(head))
    return {name: recognition[name] for name in names}


def head_settings(wildcards):
    """A params function: what the head in question is given."""
    return settings_of_head(wildcards.dataset, wildcards.head)


def blocks_or_features(wildcards, num_blocks, folder):
    """The blocks of a search, where it is cut into several, or the feature set that it goes through."""
    if num_blocks == 1:
        return {"features": feature_files(wildcards.dataset, wildcards.feature)}
    blocks = [f"{folder}/{block:04d}.h5" for block in range(num_blocks)]
    return {"blocks": in_results(wildcards.dataset, blocks)}


def what_is_retrieved(wildcards):
    """Blocks of queries, or a feature set."""
    num_blocks = settings_of(wildcards.dataset).retrieval.num_blocks
    return blocks_or_features(
        wildcards, num_blocks, f"retrieval_blocks/{wildcards.feature}"
    )


def what_is_recognised(wildcards):
    """Blocks of test actions, where nearest neighbours are sought in several, or a feature set."""
    num_blocks = settings_of(wildcards.dataset).recognition.nns.num_blocks
    folder = f"recognition_blocks/{wildcards.feature}/nns/{wildcards.regime}"
    return blocks_or_features(
        wildcards, num_blocks if wildcards.head == "nns" else 1, folder
    )


def features_of_block(wildcards, num_blocks, setting):
    """The feature set that a block goes through; a block that there is not is refused."""
    if int(wildcards.block) >= num_blocks:
        refuse(
            f"datasets/{wildcards.dataset}.yaml: there is no block {wildcards.block}, since {setting} is {num_blocks}; "
            "blocks are numbered from 0000."
        )
    return feature_files(wildcards.dataset, wildcards.feature)


def features_of_retrieval_block(wildcards):
    """The feature set that a block of queries is compared by."""
    num_blocks = settings_of(wildcards.dataset).retrieval.num_blocks
    return features_of_block(wildcards, num_blocks, "retrieval.num_blocks")


def features_of_recognition_block(wildcards):
    """The feature set that a block of test actions is compared by."""
    num_blocks = settings_of(wildcards.dataset).recognition.nns.num_blocks
    return features_of_block(wildcards, num_blocks, "recognition.nns.num_blocks")


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
