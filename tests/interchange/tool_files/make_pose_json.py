"""Files of pose tools that write JSON, text and folders, made by the tools' own code.

Needs, beside this project's requirements: pycocotools==2.0.11, ultralytics==8.4.190, Sports2D==0.8.34,
Pose2Sim==0.10.49 (with anytree, rtoml, lxml, statsmodels, patsy, filterpy), mediapipe==1.2.3, pose-format==0.15.0; and
a clone of github.com/MVIG-SJTU/AlphaPose at c60106d, whose folder ALPHAPOSE names. Run from the project's folder:

    ALPHAPOSE=... python tests/interchange/tool_files/make_pose_json.py

OpenPose is a program in C++ that was not run: its files are written here as its ``savePeopleJson`` (5c5d965) does. No
network is run for its answers: each tool is handed the same invented skater, and does all that comes after: numbering
frames, naming files, writing. MMPose alone runs a network, untrained, on the frames in which its detector finds nobody.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import shutil
import sys
import tempfile
import types
from pathlib import Path

import cv2
import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2]))
from tests.interchange.skater import FPS, HEIGHT, PEOPLE, WIDTH, skater  # noqa: E402
from vpdlib import compat  # noqa: E402
from vpdlib.skeleton import COCO17  # noqa: E402


def film(folder: Path) -> Path:
    """A video whose frames differ in brightness."""
    path = folder / "heat_01.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), FPS, (WIDTH, HEIGHT))
    for frame in range(len(PEOPLE)):
        writer.write(np.full((HEIGHT, WIDTH, 3), 40 * frame, np.uint8))
    writer.release()
    return path


def fresh(name: str) -> Path:
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def coco() -> None:
    """Annotations, and what pycocotools makes of results and their images."""
    from pycocotools.coco import COCO

    folder = fresh("coco")
    images, results, annotations = [], [], []
    for frame, count in enumerate(PEOPLE):
        name = f"heat_01/{frame + 1:06d}.jpg"
        images.append({"id": 100 + frame, "file_name": name, "width": WIDTH, "height": HEIGHT})
        for person in range(count):
            joints = skater(frame, person)
            results.append(
                {
                    "image_id": 100 + frame,
                    "category_id": 1,
                    "keypoints": [round(n, 3) for n in joints.ravel().tolist()],
                    "score": 0.9,
                }
            )
            flags = np.where(np.arange(17) == 3, 0, np.where(np.arange(17) == 4, 1, 2))
            flagged = np.column_stack([joints[:, :2] * (flags > 0)[:, None], flags])
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": 100 + frame,
                    "category_id": 1,
                    "iscrowd": 0,
                    "area": 4000.0,
                    "bbox": [150.0, 35.0, 60.0, 160.0],
                    "num_keypoints": 16,
                    "keypoints": flagged.ravel().tolist(),
                }
            )
    person = {"id": 1, "name": "person", "keypoints": list(COCO17), "skeleton": [[16, 14]]}
    base = {"info": {}, "images": images, "annotations": annotations, "categories": [person]}
    (folder / "annotations.json").write_text(json.dumps(base))
    with contextlib.redirect_stdout(io.StringIO()):
        judge = COCO(str(folder / "annotations.json"))
        loaded = judge.loadRes(json.loads(json.dumps(results)))
    (folder / "loaded_results.json").write_text(
        json.dumps(loaded.dataset, default=lambda number: number.item())
    )
    for one in results:
        one["image_id"] -= 100
    (folder / "heat_01.json").write_text(json.dumps(results))


def ultralytics(work: Path) -> None:
    """The predictor reads a video, numbers frames and writes labels; what its network would find is given."""
    compat.install()
    import torch
    from ultralytics.engine.results import Results
    from ultralytics.models.yolo.pose import PosePredictor
    from ultralytics.nn.tasks import PoseModel

    for name, save_conf, tracked in (("plain", False, False), ("tracked", True, True)):
        folder = fresh(f"ultralytics/{name}") if name != "plain" else _first("ultralytics", name)

        class Given(PosePredictor):
            tracks = tracked

            def postprocess(self, preds, img, orig_imgs):
                found = []
                for image in orig_imgs:
                    frame = round(float(np.asarray(image).mean()) / 40)
                    people = [skater(frame, person) for person in range(PEOPLE[frame])]
                    joints = torch.tensor(np.array(people).reshape(-1, 17, 3), dtype=torch.float32)
                    columns = 7 if self.tracks else 6
                    rows = [
                        [150, 30, 260, 200, *([7 + person] if self.tracks else []), 0.9, 0]
                        for person in range(len(people))
                    ]
                    boxes = torch.tensor(rows, dtype=torch.float32).reshape(-1, columns)
                    found.append(
                        Results(
                            image,
                            path=self.batch[0][0],
                            names={0: "person"},
                            boxes=boxes,
                            keypoints=joints,
                        )
                    )
                return found

        out = work / name
        predictor = Given(
            overrides={
                "save_txt": True,
                "save_conf": save_conf,
                "project": str(out),
                "name": "run",
                "imgsz": 64,
                "verbose": False,
                "save": False,
                "device": "cpu",
            }
        )
        model = PoseModel("yolo11n-pose.yaml", verbose=False)
        predictor(source=str(work / "heat_01.mp4"), model=model)
        for file in sorted((out / "run/labels").glob("*.txt")):
            shutil.copy(file, folder / file.name)


def _first(parent: str, name: str) -> Path:
    fresh(parent)
    return fresh(f"{parent}/{name}")


def openpose() -> None:
    """As OpenPose's ``savePeopleJson`` writes BODY_25, and Pose2Sim's own writer."""
    from vpdlib.interchange.pose_formats.joint_orders import BODY_25, HALPE26

    def arranged(names: tuple[str, ...], joints: np.ndarray) -> np.ndarray:
        known = dict(zip(COCO17, joints, strict=True))
        known["neck"] = (known["left_shoulder"] + known["right_shoulder"]) / 2
        known["mid_hip"] = (known["left_hip"] + known["right_hip"]) / 2
        return np.array([known.get(name, np.zeros(3)) for name in names])

    folder = _first("openpose", "body_25")
    empty = {"face_keypoints_2d": [], "hand_left_keypoints_2d": [], "hand_right_keypoints_2d": []}
    three = {f"{part}_keypoints_3d": [] for part in ("pose", "face", "hand_left", "hand_right")}
    for frame, count in enumerate(PEOPLE):
        people = []
        for person in range(count):
            joints = arranged(BODY_25, skater(frame, person))
            joints[BODY_25.index("left_ear")] = 0
            numbers = [float(f"{n:.6g}") for n in joints.ravel()]
            people.append({"person_id": [-1], "pose_keypoints_2d": numbers, **empty, **three})
        text = json.dumps({"version": 1.3, "people": people}, separators=(",", ":"))
        (folder / f"heat_01_{frame:012d}_keypoints.json").write_text(text)

    from Pose2Sim.poseEstimation import save_to_openpose

    folder = fresh("openpose/pose2sim")
    for frame, count in enumerate(PEOPLE):
        joints = np.array([arranged(HALPE26, skater(frame, p)) for p in range(count)])
        joints = joints.reshape(count, 26, 3)
        save_to_openpose(folder / f"heat_01_{frame:06d}.json", joints[..., :2], joints[..., 2])


def alphapose() -> None:
    """``write_json`` of AlphaPose's own source, in its three forms."""
    import torch

    source = Path(os.environ["ALPHAPOSE"]) / "alphapose/utils/pPose_nms.py"
    module = types.ModuleType("pPose_nms")
    exec(compile(source.read_text(), "pPose_nms.py", "exec"), module.__dict__)
    found = []
    for frame, count in enumerate(PEOPLE):
        result = []
        for person in range(count):
            joints = torch.tensor(skater(frame, person), dtype=torch.float32)
            result.append(
                {
                    "keypoints": joints[:, :2],
                    "kp_score": joints[:, 2:],
                    "proposal_score": torch.tensor([2.5]),
                    "idx": [1.0 + person],
                    "box": [150.0, 35.0, 60.0, 160.0],
                }
            )
        # As its writer: pictures without people are passed over.
        if count:
            found.append({"imgname": f"{frame}.jpg", "result": result})
    for form in (None, "open", "cmu"):
        folder = _first("alphapose", "list") if form is None else fresh(f"alphapose/{form}")
        module.write_json(found, str(folder), form=form)
        shutil.rmtree(folder / "sep-json", ignore_errors=True)


def mmpose(work: Path) -> None:
    """The inferencer with a network that is untrained and a detector that is given; and the demo's form."""
    compat.install()
    import mmpose as package
    import torch
    from mmengine.structures import InstanceData
    from mmpose.apis.inferencers import Pose2DInferencer
    from mmpose.structures import split_instances

    folder = fresh("mmpose")
    configs = Path(package.__file__).parent / ".mim/configs"
    config = next(configs.rglob("td-hm_res50_8xb64-210e_coco-256x192.py"))
    inferencer = Pose2DInferencer(model=str(config), device="cpu", det_model="whole_image")
    seen = {}

    def detector(image: np.ndarray, return_datasamples: bool) -> dict:
        frame = seen["frame"] = round(float(image.mean()) / 40)
        boxes = [[150.0 - 100 * p, 35.0, 250.0 - 100 * p, 195.0] for p in range(PEOPLE[frame])]
        found = InstanceData(
            bboxes=torch.tensor(boxes).reshape(-1, 4),
            scores=0.9 - 0.1 * torch.arange(len(boxes)),
            labels=torch.zeros(len(boxes), dtype=torch.int64),
        )
        return {"predictions": [types.SimpleNamespace(pred_instances=found)]}

    forward, samples = inferencer.forward, []

    def given(inputs: object, **options: object) -> list:
        answer = forward(inputs, **options)
        frame = seen["frame"]
        if PEOPLE[frame]:
            joints = np.array([skater(frame, person) for person in range(PEOPLE[frame])])
            answer[0].pred_instances.keypoints = joints[..., :2]
            answer[0].pred_instances.keypoint_scores = joints[..., 2]
        samples.append(answer[0])
        return answer

    inferencer.detector, inferencer.det_cat_ids, inferencer.forward = detector, (0,), given
    for _ in inferencer(str(work / "heat_01.mp4"), pred_out_dir=str(work / "mmpose")):
        pass
    shutil.copy(work / "mmpose/heat_01.json", folder / "heat_01.json")
    # As the loop of demo/topdown_demo_with_mmdet.py, whose counter is increased before it is used.
    frames = [
        {"frame_id": number, "instances": split_instances(one.pred_instances)}
        for number, one in enumerate(samples, start=1)
        if PEOPLE[number - 1]
    ]
    meta = inferencer.model.dataset_meta
    names = {"keypoint_id2name": meta["keypoint_id2name"], "num_keypoints": 17}
    text = json.dumps({"meta_info": names, "instance_info": frames}, default=float)
    (folder / "results_heat_01.json").write_text(text)


def mediapipe() -> None:
    """The result classes of MediaPipe, saved as its users do."""
    from mediapipe.tasks.python.components.containers.landmark import Landmark, NormalizedLandmark
    from mediapipe.tasks.python.vision.pose_landmarker import PoseLandmark, PoseLandmarkerResult

    folder = fresh("mediapipe")
    entries, array = [], np.full((len(PEOPLE), 33, 4), np.nan, np.float32)
    for frame, count in enumerate(PEOPLE):
        people, world = [], []
        for person in range(count):
            known = dict(zip(COCO17, skater(frame, person), strict=True))
            row = []
            for mark in PoseLandmark:
                x, y, score = known.get(mark.name.lower(), (200.0, 100.0, 0.25))
                place = round(x / WIDTH, 6), round(y / HEIGHT, 6)
                row.append(NormalizedLandmark(*place, 0.0, round(float(score), 3), 0.9))
            people.append(row)
            world.append([Landmark(0.25, -0.5, 0.0, 0.5, 0.9)] * len(row))
        entries.append(dataclasses.asdict(PoseLandmarkerResult(people, world)))
        if people:
            array[frame] = [(one.x, one.y, one.z, one.visibility) for one in people[0]]
    (folder / "heat_01.json").write_text(json.dumps(entries))
    np.savez_compressed(folder / "heat_02.npz", landmarks=array)


def trc() -> None:
    """Sports2D's writer of pixels."""
    import pandas
    from Sports2D.process import make_trc_with_trc_data, trc_data_from_XYZtime

    folder = fresh("trc")
    names = [_short(name) for name in COCO17]
    inside = folder / "heat_01_Sports2D"
    inside.mkdir()
    here = Path.cwd()
    os.chdir(inside)
    for person in range(2):
        joints = np.array([skater(frame, person) for frame in range(len(PEOPLE))])
        joints[[frame for frame, count in enumerate(PEOPLE) if count <= person]] = np.nan
        x, y = (pandas.DataFrame(joints[..., axis], columns=names) for axis in (0, 1))
        times = pandas.Series(np.arange(len(PEOPLE)) / FPS, name="time")
        table = trc_data_from_XYZtime(x, y, x * 0, times)
        make_trc_with_trc_data(table, f"heat_01_Sports2D_px_person{person:02d}.trc", fps=FPS)
    os.chdir(here)


def _short(name: str) -> str:
    side, _, part = name.partition("_")
    return side[0].upper() + part.capitalize() if part else side.capitalize()


def pose_format() -> None:
    """pose-format reads OpenPose's folder, and writes what it read."""
    from pose_format.numpy.pose_body import NumPyPoseBody
    from pose_format.pose import Pose
    from pose_format.pose_header import PoseHeader, PoseHeaderComponent, PoseHeaderDimensions
    from pose_format.utils.openpose import load_openpose_directory

    folder = fresh("pose_format")
    pose = load_openpose_directory(
        str(HERE / "openpose/body_25"), fps=FPS, width=WIDTH, height=HEIGHT
    )
    with (folder / "heat_01.pose").open("wb") as stream:
        pose.write(stream)
    # The components of a holistic pose, cut to few points of the face.
    names = [name.upper() for name in COCO17]
    parts = [
        PoseHeaderComponent("POSE_LANDMARKS", names, [(0, 1)], [(255, 0, 0)], "XYZC"),
        PoseHeaderComponent("FACE_LANDMARKS", ["0", "1"], [(0, 1)], [(128, 0, 0)], "XYZC"),
        PoseHeaderComponent("POSE_WORLD_LANDMARKS", names, [(0, 1)], [(255, 0, 0)], "XYZC"),
    ]
    header = PoseHeader(0.2, PoseHeaderDimensions(WIDTH, HEIGHT, 100), parts)
    data = np.zeros((len(PEOPLE), 1, 36, 3), np.float32)
    confidence = np.zeros((len(PEOPLE), 1, 36), np.float32)
    for frame, count in enumerate(PEOPLE):
        if count:
            data[frame, 0, :17, :2] = skater(frame)[:, :2]
            confidence[frame, 0, :17] = skater(frame)[:, 2]
            data[frame, 0, 19:, :2] = skater(frame)[:, :2] / 200 - 1
            confidence[frame, 0, 19:] = 0.5
    with (folder / "heat_02.pose").open("wb") as stream:
        Pose(header, NumPyPoseBody(50.0, data, confidence)).write(stream)


def main(chosen: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        film(work)
        for make in (coco, ultralytics, openpose, alphapose, mmpose, mediapipe, trc, pose_format):
            if chosen and make.__name__ not in chosen:
                continue
            make(work) if make in (ultralytics, mmpose) else make()
            print(make.__name__, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
