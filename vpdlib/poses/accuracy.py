"""How near a predicted pose is to the truth: PCK (percentage of correct keypoints), joint errors.

A joint is correct where its distance to the truth is at most ``threshold`` times a reference
length, here the torso of the *true* pose (the greatest distance among shoulders and hips). Shapes:
N frames, J joints, x and y last, in pixels or in normalised units, the same for all arguments. The
answer is one value per joint, NaN where the truth says nothing; a prediction that is missing (NaN)
where there is a truth counts as wrong, so that a method cannot gain by not answering.
"""

from __future__ import annotations

import numpy as np

from vpdlib.poses.normalize import NUM_JOINTS, POSE_DIM, torso_length


def joint_error(
    predicted: np.ndarray,
    truth: np.ndarray,
    reference_length: np.ndarray,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Return the distance of each joint to the truth, in reference lengths.

    Parameters
    ----------
    predicted, truth : (N, J, 2) in one unit.
    reference_length : (N,) in that unit.
    mask : (N, J) bool, where the truth is to be used; None for everywhere.

    Returns
    -------
    (N, J) float64: NaN where the mask is False, the truth not finite, or the reference length not
    finite or not positive; infinity where only the prediction is not finite.

    Raises
    ------
    ValueError : shapes do not fit together.
    """
    predicted = np.asarray(predicted, dtype=np.float64)
    truth = np.asarray(truth, dtype=np.float64)
    reference_length = np.asarray(reference_length, dtype=np.float64)
    if truth.ndim != 3 or truth.shape[2] != 2 or predicted.shape != truth.shape:
        raise ValueError(
            f"predicted {predicted.shape} and truth {truth.shape}: both must be (N, J, 2)"
        )
    if reference_length.shape != truth.shape[:1]:
        raise ValueError(
            f"reference_length {reference_length.shape}: expected one length per frame, "
            f"({len(truth)},)"
        )
    known = np.isfinite(truth).all(axis=2)
    known &= (np.isfinite(reference_length) & (reference_length > 0))[:, None]
    if mask is not None:
        mask = np.asarray(mask, dtype=bool)
        if mask.shape != known.shape:
            raise ValueError(f"mask {mask.shape}: expected {known.shape}, one entry per joint")
        known &= mask
    with np.errstate(invalid="ignore", divide="ignore"):
        offset = predicted - truth
        error = np.hypot(offset[..., 0], offset[..., 1]) / reference_length[:, None]
    error = np.where(np.isfinite(predicted).all(axis=2), error, np.inf)
    return np.where(known, error, np.nan)


def pck(
    predicted: np.ndarray,
    truth: np.ndarray,
    reference_length: np.ndarray,
    threshold: float = 0.2,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Tell which joints are correct.

    Parameters are those of `joint_error`; a joint is correct where its error is at most `threshold`
    reference lengths.

    Returns
    -------
    (N, J) float64: 1 correct, 0 wrong, NaN not measurable. Its ``nanmean`` is the PCK; see
        `pck_mean`.
    """
    error = joint_error(predicted, truth, reference_length, mask)
    with np.errstate(invalid="ignore"):
        correct = (error <= threshold).astype(np.float64)
    return np.where(np.isnan(error), np.nan, correct)


def pck_px(
    predicted_px: np.ndarray,
    truth_px: np.ndarray,
    threshold: float = 0.2,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Tell which of the 13 joints are correct in pixels, the true torso being the reference.

    Parameters
    ----------
    predicted_px, truth_px : (N, 13, 2).
    threshold, mask : as for `pck`.

    Returns
    -------
    (N, 13) float64: 1, 0 or NaN; all NaN for a frame whose true torso is not wholly known.
    """
    truth_px = np.asarray(truth_px, dtype=np.float64)
    if truth_px.ndim != 3 or truth_px.shape[1:] != (NUM_JOINTS, 2):
        raise ValueError(f"truth_px {truth_px.shape}: expected (N, {NUM_JOINTS}, 2)")
    return pck(predicted_px, truth_px, torso_length(truth_px), threshold, mask)


def pck_norm(predicted_norm: np.ndarray, truth_norm: np.ndarray) -> np.ndarray:
    """Tell which joints of normalised pose vectors are correct, the true torso being the reference.

    The torso of a normalised true pose is 0.5, so the threshold, a fifth of it, is a distance of 0.1.

    Parameters
    ----------
    predicted_norm, truth_norm : (N, 26), layout of `vpdlib.poses.normalize.normalize_pose`.

    Returns
    -------
    (N, 13) float64: 1, 0 or NaN.

    Raises
    ------
    ValueError : wrong shape.
    """
    predicted_norm, truth_norm = np.asarray(predicted_norm), np.asarray(truth_norm)
    for name, array in (("predicted_norm", predicted_norm), ("truth_norm", truth_norm)):
        if array.ndim != 2 or array.shape[1] != POSE_DIM:
            raise ValueError(f"{name} {array.shape}: expected (N, {POSE_DIM})")
    return pck_px(
        predicted_norm.reshape(-1, NUM_JOINTS, 2),
        truth_norm.reshape(-1, NUM_JOINTS, 2),
    )


def pck_mean(correct: np.ndarray) -> float:
    """Return the fraction of correct joints among the measurable ones; NaN where there are none.

    Parameters
    ----------
    correct : any shape, values 1, 0, NaN, as `pck` answers.
    """
    correct = np.asarray(correct, dtype=np.float64)
    measurable = ~np.isnan(correct)
    return float(correct[measurable].mean()) if measurable.any() else float("nan")
