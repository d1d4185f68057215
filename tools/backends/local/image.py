"""Images in; classes, boxes, regions, depth, points, vectors or larger images out."""

from collections.abc import Hashable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.backends.local.ade20k import PALETTE
from tools.backends.local.checkpoint import Checkpoint
from tools.backends.local.placement import Placement, framework
from tools.backends.local.recipe import AutoRecipe, Inputs, PipelineRecipe, auto_classes, load_model, pretrained
from tools.errors import OutOfMemory
from tools.files import drawing
from tools.findings import detected, labelled, segmented, vector
from tools.protocol import Output


class ImagePipeline(PipelineRecipe):
    """A pipeline over images, all of a batch in one go."""

    batch = 8

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """Run, then say and draw what was found."""
        images = [inputs["image"] for inputs in batch]
        results = model(images, batch_size=len(images), **self.options(batch[0]))
        return [self.show(image, result) for image, result in zip(images, results, strict=True)]

    def options(self, inputs: Inputs) -> dict[str, Any]:
        """The pipeline's keyword arguments, equal for a whole batch."""
        return {}

    def show(self, image: Image.Image, result: Any) -> Output:
        """One output from the pipeline's result for one image."""
        raise NotImplementedError


class ImageClassification(ImagePipeline):
    """Classes with scores."""

    tasks: tuple[str, ...] = ("image-classification",)
    pipeline = "image-classification"
    autos = ("AutoModelForImageClassification",)

    def show(self, image: Image.Image, result: Any) -> Output:
        """The best five."""
        return labelled(result)


class ZeroShotImageClassification(ImagePipeline):
    """Labels of the user's choice, with scores."""

    tasks: tuple[str, ...] = ("zero-shot-image-classification",)
    pipeline = "zero-shot-image-classification"
    autos = ("AutoModelForZeroShotImageClassification",)

    def group(self, inputs: Inputs) -> Hashable:
        """Only calls with the same labels run together."""
        return tuple(inputs["labels"])

    def options(self, inputs: Inputs) -> dict[str, Any]:
        """The labels to choose among."""
        return {"candidate_labels": list(inputs["labels"])}

    def show(self, image: Image.Image, result: Any) -> Output:
        """All labels, best first."""
        return labelled(result, top=len(result))


class ObjectDetection(ImagePipeline):
    """Objects with boxes."""

    tasks: tuple[str, ...] = ("object-detection",)
    pipeline = "object-detection"
    autos = ("AutoModelForObjectDetection",)
    batch = 1  # images of differing sizes would be padded to the largest

    def options(self, inputs: Inputs) -> dict[str, Any]:
        """Half sure or more."""
        return {"threshold": 0.5}

    def show(self, image: Image.Image, result: Any) -> Output:
        """Counted in words, framed in the image."""
        return detected(image, result)


class ZeroShotObjectDetection(ObjectDetection):
    """Objects of the user's choice, with boxes."""

    tasks: tuple[str, ...] = ("zero-shot-object-detection",)
    pipeline = "zero-shot-object-detection"
    autos = ("AutoModelForZeroShotObjectDetection",)

    def group(self, inputs: Inputs) -> Hashable:
        """Only calls for the same objects run together."""
        return tuple(inputs["labels"])

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """One image after the other: this pipeline wants one at a time."""
        return [
            self.show(b["image"], model(b["image"], candidate_labels=list(b["labels"]), threshold=0.1)) for b in batch
        ]


class Segmentation(ImagePipeline):
    """Labelled regions: panoptic, instances or classes, whichever the model was trained for."""

    tasks: tuple[str, ...] = ("image-segmentation",)
    pipeline = "image-segmentation"
    autos = ("AutoModelForImageSegmentation", "AutoModelForSemanticSegmentation", "AutoModelForUniversalSegmentation")
    batch = 1

    def model(self, checkpoint: Checkpoint, place: Placement) -> Any:
        """The pipeline does not know the class of universal models such as Mask2Former."""
        universal = auto_classes("AutoModelForUniversalSegmentation")
        known = auto_classes("AutoModelForImageSegmentation") | auto_classes("AutoModelForSemanticSegmentation")
        if (universal - known) & set(checkpoint.architectures):
            return load_model("AutoModelForUniversalSegmentation", checkpoint, place)
        return None

    def processors(self, checkpoint: Checkpoint) -> dict[str, Any]:
        """Needed where the model was loaded beforehand."""
        return {"image_processor": pretrained("AutoImageProcessor", checkpoint)}

    def show(self, image: Image.Image, result: Any) -> Output:
        """The flat map in ADE20K's colours, as ControlNets read it, then the same over the image."""
        result = [entry for entry in result if np.asarray(entry["mask"]).any()]
        return segmented(image, result, [_paint(str(entry["label"]), i) for i, entry in enumerate(result)])


class MaskGeneration(AutoRecipe):
    """Everything that has an outline, without labels: a grid of points, the surest mask of each, doubles left out."""

    tasks: tuple[str, ...] = ("mask-generation",)
    autos = ("AutoModelForMaskGeneration",)
    processor = "AutoProcessor"
    grid = 12  # points to a side
    sure = 0.8  # of a mask's own estimate of its quality
    longest = 1024  # pixels of a side, as these models see them: masks of more would take gigabytes
    same = 0.7  # shared part above which two masks count as one

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """One image after the other: each is many points already."""
        return [self._outline(model, inputs["image"]) for inputs in batch]

    def _outline(self, model: Any, image: Image.Image) -> Output:
        seen = image.copy()
        seen.thumbnail((self.longest, self.longest))
        areas, scores = self._masks(model, seen)
        kept: list[int] = []
        for index in np.argsort(-scores):
            mask = areas[index]
            good = scores[index] >= self.sure and mask.any()
            if good and all(_overlap(mask, areas[other]) < self.same for other in kept):
                kept.append(int(index))
        return segmented(image, [{"label": None, "score": scores[i], "mask": Image.fromarray(areas[i])} for i in kept])

    def _masks(self, model: Any, image: Image.Image) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """One mask for each point of the grid, shape (points, height, width), with its score."""
        torch, (processor, network) = framework(), model
        steps = (np.arange(self.grid) + 0.5) / self.grid
        points = [[float(x * image.width), float(y * image.height)] for y in steps for x in steps]
        asked = processor(image, input_points=[[[point] for point in points]], return_tensors="pt").to(network.device)
        with torch.inference_mode():
            output = network(**asked, multimask_output=False)
        sizes = [asked[name].cpu() for name in ("original_sizes", "reshaped_input_sizes") if name in asked]
        areas = processor.post_process_masks(output.pred_masks.float().cpu(), *sizes)
        return areas[0][:, 0].numpy().astype(bool), output.iou_scores.float().cpu().numpy().reshape(-1)


class Depth(ImagePipeline):
    """How near each point is."""

    tasks: tuple[str, ...] = ("depth-estimation",)
    pipeline = "depth-estimation"
    autos = ("AutoModelForDepthEstimation",)
    batch = 1

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """The pipeline divides by the span of the depths, which may be nothing: its own shades are not used."""
        with np.errstate(invalid="ignore"):
            return super().run(model, batch)

    def show(self, image: Image.Image, result: Any) -> Output:
        """Near is white, as ControlNets read it; then the same in colour."""
        values = depths(result)
        shades = drawing.grey(values).resize(image.size)
        data = {"min": round(float(values.min()), 4), "max": round(float(values.max()), 4), "shape": list(values.shape)}
        return Output("a depth map: near is bright, far is dark", data, (shades, drawing.heat(shades)))


class ImageFeatures(PipelineRecipe):
    """One vector for an image: the mean over its patches."""

    tasks: tuple[str, ...] = ("image-feature-extraction",)
    pipeline = "image-feature-extraction"
    batch = 8

    def accepts(self, checkpoint: Checkpoint) -> bool:
        """Encoders of images, with a head or without: a head is left out."""
        return checkpoint.config.get("model_type") in image_encoders()

    def objection(self, checkpoint: Checkpoint) -> str | None:
        """An encoder of images comes with what prepares them."""
        return None if (checkpoint.folder / "preprocessor_config.json").exists() else "sees no images"

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """All images in one forward pass."""
        features = model([inputs["image"] for inputs in batch], batch_size=len(batch))
        return [vector(np.asarray(patches, np.float32)) for patches in features]


class SuperResolution(AutoRecipe):
    """A larger, sharper image."""

    tasks: tuple[str, ...] = ("image-to-image",)
    autos = ("AutoModelForImageToImage",)
    processor = "AutoImageProcessor"
    most_pixels = 1024 * 1024  # attention over more would take many GiB

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """One image after the other."""
        return [self._enlarge(model, inputs["image"]) for inputs in batch]

    def _enlarge(self, model: Any, image: Image.Image) -> Output:
        if image.width * image.height > self.most_pixels:
            raise OutOfMemory(f"{image.width}x{image.height} is too large to enlarge: give at most 1024x1024 pixels.")
        torch, (processor, network) = framework(), model
        with torch.inference_mode():
            pixels = processor(image, return_tensors="pt")["pixel_values"].to(network.device, network.dtype)
            made = network(pixels).reconstruction
        values = (made[0].float().clamp(0, 1).permute(1, 2, 0).cpu().numpy() * 255).round().astype(np.uint8)
        scale = int(getattr(network.config, "upscale", 1))
        result = Image.fromarray(values).crop((0, 0, image.width * scale, image.height * scale))
        return Output(f"{result.width}x{result.height} pixels", media=(result,))


@cache
def image_encoders() -> frozenset[str]:
    """The kinds of models that transformers counts as encoders of images."""
    framework()
    from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_MAPPING_NAMES

    return frozenset(MODEL_FOR_IMAGE_MAPPING_NAMES)


def depths(result: Any) -> NDArray[np.float32]:
    """The pipeline's depths, shape (height, width)."""
    values = np.asarray(result["predicted_depth"].float(), dtype=np.float32)
    return values.reshape(values.shape[-2:])


def _overlap(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    return float((first & second).sum() / max(1, (first | second).sum()))


def _paint(label: str, index: int) -> drawing.Colour:
    return PALETTE.get(label.lower(), drawing.colour(index))
