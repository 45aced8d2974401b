"""From a shared model and a video to every action in it, without the workflow."""
