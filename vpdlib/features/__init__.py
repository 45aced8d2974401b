"""Feature sets: descriptors of every frame with an athlete, a module for each kind that makes some."""
