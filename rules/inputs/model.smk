"""Inputs of the rule that puts a model together to be shared."""


def shared_settings(dataset):
    """The settings of a dataset's shared model; refused where a new video could not be looked through with it."""
    try:
        return model_settings(settings_of(dataset))
    except ValueError as error:
        refuse(f"datasets/{dataset}.yaml: {error}")


def shared_models(wildcards):
    """The folders of trained models, by where they lie in a shared one, in the order of `needed_models`."""
    wanted = shared_settings(wildcards.dataset)
    folder = f"results/{wildcards.dataset}"
    found = []
    for names in needed_models(wanted):
        kind, name = (names[0], names[-1])
        found.append(
            {
                "recognisers": f"{folder}/recognisers/{name}/{wanted.head}",
                "vipe": f"results/vipe/{name}",
                "finder": f"{folder}/finders/{wanted.method}/{wanted.head}",
            }.get(kind, f"{folder}/{kind}/{name}")
        )
    return found


def own_weights_of_model(wildcards):
    """Weights that are files of the user's own: the model holds copies."""
    return own_weights(shared_settings(wildcards.dataset))
