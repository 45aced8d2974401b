"""vpdlib: the library behind the Video Pose Distillation (VPD) workflow.

It knows nothing of Snakemake: functions take arrays, typed settings and paths, and return arrays or
write artifacts. The layers are described in ``docs/architecture.md``.
"""

__version__ = "0.1.0"
