#!/bin/sh
# safetensors.numpy writes a transposed array with its numbers in the wrong places.
#
# Expected: save_file({"weight": array.T}) and load_file give back the array, as numpy.save and h5py do with every layout,
#   or it is refused, as safetensors refuses such a tensor of torch.
# What happens: safetensors 0.8.0 writes the transposed shape over memory in the order before transposing. No error, no
#   warning, and of a square matrix nothing but the numbers shows it. The docstring asks for contiguous arrays; nothing
#   checks.
# Why it matters: who converts a network from TensorFlow or ONNX to torch transposes nearly every weight: the file loads,
#   shapes fit, the network gives noise. np.ascontiguousarray before saving is the remedy.
#
# Output, Python 3.11 on x86-64 Linux:
#   safetensors 0.8.0
#   numpy 2.3.5
#   weight: saved [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]], loaded [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]]
#   weight.T: saved [[0.0, 3.0, 6.0], [1.0, 4.0, 7.0], [2.0, 5.0, 8.0]], loaded [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]]
#   np.ascontiguousarray(weight.T): saved [[0.0, 3.0, 6.0], [1.0, 4.0, 7.0], [2.0, 5.0, 8.0]], loaded [[0.0, 3.0, 6.0], [1.0, 4.0, 7.0], [2.0, 5.0, 8.0]]
#   PASS
. "$(dirname "$0")/_common.sh"
install numpy==2.3.5 safetensors==0.8.0

env/bin/python - <<'PY'
import sys

import numpy as np
from _common import print_versions
from safetensors.numpy import load_file, save_file

print_versions("safetensors", "numpy")

weight = np.arange(9.0).reshape(3, 3)
same = {}
for name, array in {"weight": weight, "weight.T": weight.T, "np.ascontiguousarray(weight.T)": np.ascontiguousarray(weight.T)}.items():
    save_file({"weight": array}, "network.safetensors")
    back = load_file("network.safetensors")["weight"]
    same[name] = np.array_equal(back, array)
    print(f"{name}: saved {array.tolist()}, loaded {back.tolist()}")
if list(same.values()) != [True, False, True]:
    sys.exit("CHANGED: recorded were the same, another, the same")
print("PASS")
PY
