"""Augmentation that changes nothing."""

from vpdlib.students.settings import AugmentationSettings

STILL = AugmentationSettings(
    colour_jitter=(0, 0, 0, 0),
    resized_crop_scale=(1, 1),
    resized_crop_ratio=(1, 1),
    flip_probability=0,
)
