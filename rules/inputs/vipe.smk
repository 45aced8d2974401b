"""Networks of VIPE* and the motions that they are trained on."""

from functools import cache


def is_upside_down(dataset, teacher):
    """Whether a teacher's vectors hold the embedding of the pose upside down too."""
    return teacher != POSE2D and named(dataset, "vipe", teacher).upside_down


def vipe_folder(dataset, name):
    """The folder of the network of a feature set of VIPE*."""
    return f"results/vipe/{named(dataset, 'vipe', name).model}"


@cache
def settings_of_vipe(name):
    """The checked settings of a VIPE*; read once."""
    try:
        return as_planned(f"vipe/{name}.yaml", RUN.vipe_model(name))
    except ConfigError as error:
        refuse(error)


def vipe_model(wildcards):
    """Settings of the VIPE* that the wildcards name."""
    return settings_of_vipe(wildcards.vipe)


def motion_files(wildcards):
    """The motions of a VIPE*, one entry a source, and then the body models of those that need them."""
    sources = vipe_model(wildcards).motions
    motions = [
        (
            demo_motions(source.dataset, wildcards.vipe)
            if source.kind == "demo"
            else motions_there(source.path, wildcards.vipe)
        )
        for source in sources
    ]
    return motions + [
        motions_there(source.body_models, wildcards.vipe)
        for source in sources
        if source.kind == "amass"
    ]


def demo_motions(dataset, name):
    """The motions of a rendered dataset's training routines."""
    if not settings_of(dataset).adapter.is_rendered:
        refuse(
            f"{RUN.vipe_dir}/{name}.yaml: the dataset {dataset!r} is not of adapter demo, and brings no motions"
        )
    return f"results/{dataset}/source/motions.npz"


def motions_there(path, name):
    """A file or folder of motions, or a refusal that says where it was looked for."""
    full = or_refuse(RUN.under_data, path)
    if not full.exists():
        refuse(
            f"{RUN.vipe_dir}/{name}.yaml names {path!r}, and {full} does not exist. Correct the setting, or set "
            "data_dir in config.yaml (or the variable VPD_DATA) to the folder that holds it."
        )
    return str(full)
