"""Inputs of the rules that find every action in all footage."""


def videos_to_cut(wildcards):
    """The list of all videos, where there are some."""
    must_have_videos(wildcards.dataset)
    return f"results/{wildcards.dataset}/dataset/videos.csv"
