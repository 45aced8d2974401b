#!/bin/sh
# aeon's DTW of two (frames, features) arrays drops the end of the longer one without a word.
#
# Expected: dtw_distance(a, b) of motions of 40 and 55 frames with 17 features each compares the motions, or refuses:
#   dtw-python, dtaidistance's dtw_ndim and fastdtw all take an array of (frames, features).
# What happens: aeon 1.6.0 takes (features, frames), so that frames become channels; of two different numbers of channels it
#   silently uses the smaller. The distance is one between frames as series over joints, and what comes after frame 40 of
#   the longer motion does not enter at all: replace it by anything, the distance stays the same to the last bit.
#   Transposed, it gives the squared distance that plain dynamic programming does.
# Why it matters: who changes the library for a faster one and leaves the arrays gets distances of the usual size, and
#   nearest neighbours that are wrong.
#
# Output, Python 3.11 on x86-64 Linux:
#   aeon 1.6.0
#   by hand, (frames, features): 1520.075
#   aeon, (features, frames): 1520.075
#   aeon, (frames, features): 1304.467
#   aeon, (frames, features), frames 40 to 54 moved by 100: 1304.467
#   by hand, frames 40 to 54 moved by 100: 2544393.128
#   PASS
. "$(dirname "$0")/_common.sh"
install aeon==1.6.0 numba==0.63.1 numpy==2.2.6

env/bin/python - <<'PY'
import sys

import numpy as np
from _common import print_versions
from aeon.distances import dtw_distance

print_versions("aeon")


def by_hand(a, b):
    """Squared Euclidean cost, steps of one; (frames, features)."""
    cost = ((a[:, None] - b[None]) ** 2).sum(axis=2)
    total = np.full((len(a) + 1, len(b) + 1), np.inf)
    total[0, 0] = 0
    for i in range(len(a)):
        for j in range(len(b)):
            total[i + 1, j + 1] = cost[i, j] + min(total[i, j], total[i, j + 1], total[i + 1, j])
    return total[-1, -1]


random = np.random.default_rng(0)
a, b = random.normal(size=(40, 17)), random.normal(size=(55, 17))
other = b.copy()
other[40:] += 100
seen = {
    "by hand, (frames, features)": by_hand(a, b),
    "aeon, (features, frames)": dtw_distance(a.T, b.T),
    "aeon, (frames, features)": dtw_distance(a, b),
    "aeon, (frames, features), frames 40 to 54 moved by 100": dtw_distance(a, other),
    "by hand, frames 40 to 54 moved by 100": by_hand(a, other),
}
for what, distance in seen.items():
    print(f"{what}: {distance:.3f}")
hand, right, wrong, wrong_other, hand_other = seen.values()
if not (np.isclose(hand, right) and not np.isclose(hand, wrong) and wrong == wrong_other and hand_other > 100 * hand):
    sys.exit("CHANGED: recorded was otherwise, see the header")
print("PASS")
PY
