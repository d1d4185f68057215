"""Joints of people and salient points of images."""

from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

from tools.backends.local.checkpoint import Checkpoint
from tools.backends.local.image import ObjectDetection
from tools.backends.local.placement import framework
from tools.backends.local.recipe import AutoRecipe, Inputs, Loader
from tools.errors import BadOutput
from tools.files import drawing
from tools.protocol import Output

People = list[list[dict[str, Any]]]
_SURE = 0.3


class Keypoints(AutoRecipe):
    """Salient points of an image (SuperPoint)."""

    tasks: tuple[str, ...] = ("keypoint-detection",)
    autos = ("AutoModelForKeypointDetection",)
    processor = "AutoImageProcessor"

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """One image after the other."""
        return [self._find(model, b["image"]) for b in batch]

    def _find(self, model: Any, image: Image.Image) -> Output:
        processor, network = model
        with framework().inference_mode():
            output = network(**processor(image, return_tensors="pt").to(network.device, network.dtype))
        places = processor.post_process_keypoint_detection(output, [(image.height, image.width)])[0]
        rows = zip(places["keypoints"].tolist(), places["scores"].tolist(), strict=True)
        data = [{"x": round(x, 1), "y": round(y, 1), "score": round(score, 4)} for (x, y), score in rows]
        return Output(f"{len(data)} keypoints", data, (drawing.points(image, [data], joined=False),))


class Pose(AutoRecipe):
    """The joints of every person: a detector finds the people, ViTPose their joints."""

    tasks: tuple[str, ...] = ("keypoint-detection",)
    autos = ("AutoModelForPoseEstimation",)
    classes = ("VitPoseForPoseEstimation",)
    processor = "AutoImageProcessor"
    parts: Mapping[str, Loader] = {"detector": ObjectDetection()}

    def part(self, name: str, checkpoint: Checkpoint) -> str | None:
        """A small and quick detector that knows people."""
        return "PekingU/rtdetr_r18vd_coco_o365"

    def combine(self, model: Any, parts: Mapping[str, Any]) -> Any:
        """Processor, model and detector."""
        return *model, parts["detector"]

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """One image after the other."""
        return [self.show(b["image"], self._people(model, b["image"])) for b in batch]

    def show(self, image: Image.Image, people: People) -> Output:
        """Joints in numbers, and drawn into the image."""
        return Output(_counted(people), people, (drawing.points(image, people, joined=True),))

    def _people(self, model: Any, image: Image.Image) -> People:
        processor, network, detector = model
        boxes = [list(e["box"].values()) for e in detector(image, threshold=_SURE) if e["label"] == "person"]
        if not boxes:
            raise BadOutput("No person was found in the image: give one that shows people.")
        frames = [[x1, y1, x2 - x1, y2 - y1] for x1, y1, x2, y2 in boxes]
        pixels = processor(image, boxes=[frames], return_tensors="pt").to(network.device, network.dtype)
        with framework().inference_mode():
            output = network(**pixels)
        people = processor.post_process_pose_estimation(output, boxes=[frames])[0]
        return [_joints(person, network.config.id2label) for person in people]


class OpenPose(Pose):
    """The poses of people, drawn as OpenPose draws them."""

    tasks: tuple[str, ...] = ("openpose-control",)

    def show(self, image: Image.Image, people: People) -> Output:
        """Skeletons on black, as ControlNets read them."""
        return Output(_counted(people), people, (drawing.skeleton(image.size, people, _SURE),))


def _joints(person: Mapping[str, Any], names: Mapping[int, str]) -> list[dict[str, Any]]:
    rows = zip(person["keypoints"].tolist(), person["scores"].tolist(), person["labels"].tolist(), strict=True)
    return [
        {"name": names.get(label, str(label)), "x": round(x, 1), "y": round(y, 1), "score": round(score, 4)}
        for (x, y), score, label in rows
    ]


def _counted(people: People) -> str:
    return f"the pose of {len(people)} {'person' if len(people) == 1 else 'people'}"
