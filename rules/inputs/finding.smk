"""Inputs of the rules that find every action in all footage."""


def learnt_from(wildcards):
    """The tables that recognisers and detectors learn from."""
    names = ("videos", "actions", "classes", "events")
    return {name: f"results/{wildcards.dataset}/dataset/{name}.csv" for name in names}


def settings_of_training(wildcards):
    """A params function: the settings of finding that models are trained by, without those that only choose answers."""
    settings = section("finding")(wildcards)
    apart = (
        "method",
        "methods",
        "head",
        "suppress_tiou",
        "tious",
        "operating_tiou",
        "min_probability",
    )
    return {name: value for name, value in settings.items() if name not in apart}


def finder_of(wildcards):
    """Method and head of a finder: the wildcards', or those of found.csv."""
    settings = settings_of(wildcards.dataset)
    return (
        wildcards.get("method", settings.found_by),
        wildcards.get("head", settings.finding.head),
    )


def parts_of_finder(wildcards):
    """The feature sets of a finder."""
    method, _ = finder_of(wildcards)
    return list(settings_of(wildcards.dataset).parts_of(method))


def models_of_finder(wildcards):
    """The folders of a finder's recognisers and detectors, one for each feature set."""
    _, head = finder_of(wildcards)
    folder, parts = models_in(wildcards.dataset), parts_of_finder(wildcards)
    return {
        "recognisers": [f"{folder}/recognisers/{part}/{head}" for part in parts],
        "detectors": [f"{folder}/detectors/{part}" for part in parts],
    }


def finder_folder(wildcards):
    """The folder of a finder."""
    method, head = finder_of(wildcards)
    return f"{models_in(wildcards.dataset)}/finders/{method}/{head}"


def features_of_finder(wildcards):
    """The artifacts of a finder's feature sets, one set after the other."""
    return [
        path
        for part in parts_of_finder(wildcards)
        for path in feature_files(wildcards.dataset, part)
    ]


def shard_of_finder(wildcards):
    """The artifacts of a finder's feature sets for a shard."""
    return [shard_of_features(wildcards, part) for part in parts_of_finder(wildcards)]


def labels_beside(wildcards):
    """The labelled actions, to be set against what is found; a collection has none."""
    if is_collection(wildcards.dataset):
        return {}
    return {"actions": f"results/{wildcards.dataset}/dataset/actions.csv"}


def problems_beside(wildcards):
    """What is doubtful, told before anything is found; of a collection, what its lists of videos leave out."""
    if is_collection(wildcards.dataset):
        return problems_of_lists(wildcards)
    return [f"results/{wildcards.dataset}/problems.csv"]


def found_files(wildcards):
    """What was found in every shard, by the method of found.csv."""
    method, head = finder_of(wildcards)
    return [
        f"results/{wildcards.dataset}/found/{method}/{head}/{shard}.h5"
        for shard in shards(wildcards)
    ]


def features_to_choose_from(wildcards):
    """The first feature set of the finder, of all shards."""
    part = parts_of_finder(wildcards)[0]
    kind = settings_of(wildcards.dataset).kind_of(part)
    return all_shards(f"{DATASET}/features/{kind}/{part}/{{shard}}.h5")(wildcards)


def videos_with_groups(wildcards):
    """The list of videos that says of which group each is; a collection has none."""
    if is_collection(wildcards.dataset):
        return []
    return f"results/{wildcards.dataset}/dataset/videos.csv"


def videos_to_cut(wildcards):
    """The lists of all videos, where there are some."""
    must_have_videos(wildcards.dataset)
    return all_shards(f"{DATASET}/shards/{{shard}}.csv")(wildcards)


def labels_to_export(wildcards):
    """The actions that were found, or those that the dataset labels."""
    # Here, since every job reads the rules, and the formats take half a second to import.
    from vpdlib.interchange.written_labels import WRITTEN

    must_be_written(wildcards.label_format, WRITTEN)
    if wildcards.exported == "found":
        return {"found": f"results/{wildcards.dataset}/found.csv"}
    if is_collection(wildcards.dataset):
        refuse(
            f"{wildcards.dataset} has no labels; results/{wildcards.dataset}/found.{wildcards.label_format} is what was "
            "found there."
        )
    return {"actions": f"results/{wildcards.dataset}/dataset/actions.csv"}


def must_be_written(name, written):
    """Refuse a format that is read alone."""
    if name not in written:
        refuse(f"{name} is read, and not written. Ask for one of {', '.join(written)}.")
