"""Images and videos made by diffusion."""

import inspect
import secrets
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from tools.backends.local.batching import abandoned
from tools.backends.local.checkpoint import Checkpoint
from tools.backends.local.placement import Placement, framework
from tools.backends.local.recipe import Inputs, Recipe
from tools.errors import BadOutput, ModelError
from tools.progress import report
from tools.protocol import Output, Video
from tools.settings import settings

_FPS = 8.0
_CPU_FRAMES, _CPU_SIDE = 9, 256  # of a video made without a GPU, where a full one would take hours


class Diffusion(Recipe):
    """A diffusers pipeline. It may serve several tasks at once: every call has its own scheduler.

    ``pipelines`` are the pipeline classes that can do the task, by how their names end.
    """

    pipelines: tuple[str, ...] = ()
    auto: str | None = None  # the AutoPipeline that turns a loaded pipeline into the one for this task

    @property
    def loader(self) -> str:
        """All tasks share a loaded pipeline."""
        return "diffusers"

    def accepts(self, checkpoint: Checkpoint) -> bool:
        """Whether the pipeline's class, or the AutoPipeline's table, knows the task."""
        if not checkpoint.is_pipeline:
            return False
        name = checkpoint.architectures[0]
        return name in self.pipelines or (self.auto is not None and name in _convertible(self.auto))

    def load(self, checkpoint: Checkpoint, place: Placement) -> Any:
        """The whole pipeline on its device, without progress bars."""
        framework()
        from diffusers import DiffusionPipeline
        from diffusers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        pipe = DiffusionPipeline.from_pretrained(
            checkpoint.folder, use_safetensors=True, trust_remote_code=False, dtype=place.torch_dtype
        )
        return pipe.to(place.device)

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """One call after the other: a picture is many passes already."""
        return [self._made(self.own(model), inputs) for inputs in batch]

    def _made(self, pipe: Any, inputs: Inputs) -> Output:
        """One call with noise of its own: calls at the same time share no generator, and its seed is told."""
        seed = int(inputs.get("seed", secrets.randbelow(2**32)))
        pipe.generator = framework().Generator("cpu").manual_seed(seed)
        output = self.make(pipe, inputs)
        return replace(output, data={"seed": seed} | (output.data or {}))

    def own(self, model: Any) -> Any:
        """A pipeline of this call's own around the shared weights, with a fresh scheduler."""
        import diffusers

        pipe = getattr(diffusers, self.auto).from_pipe(model) if self.auto else copy(model)
        pipe.scheduler = model.scheduler.from_config(model.scheduler.config)
        pipe.set_progress_bar_config(disable=True)
        return pipe

    def call(self, pipe: Any, **arguments: Any) -> Any:
        """Run the pipeline with progress, and stop it soon after nobody waits any more."""
        gone = abandoned.get()

        def after_step(_pipe: Any, step: int, _time: Any, values: dict[str, Any]) -> dict[str, Any]:
            report(step + 1, pipe.num_timesteps)
            if gone():
                raise ModelError("The call was cancelled.")
            return values

        if "callback_on_step_end" in _parameters(pipe):
            arguments["callback_on_step_end"] = after_step
        arguments["generator"] = pipe.generator
        known = {name: value for name, value in arguments.items() if name in _parameters(pipe)}
        with framework().inference_mode():
            return pipe(num_inference_steps=settings().steps, **known)

    @abstractmethod
    def make(self, pipe: Any, inputs: Inputs) -> Output:
        """One call."""


class TextToImage(Diffusion):
    """A picture from words."""

    auto = "AutoPipelineForText2Image"

    def make(self, pipe: Any, inputs: Inputs) -> Output:
        """One picture, of the size the model was trained for."""
        return pictured(self.call(pipe, prompt=str(inputs["text"])))


class ImageToImage(Diffusion):
    """A picture from a picture, and from words where there are some."""

    auto = "AutoPipelineForImage2Image"
    strength = 0.6

    def make(self, pipe: Any, inputs: Inputs) -> Output:
        """The picture at a size that the model can take."""
        image, words = fitted(pipe, inputs["image"]), str(inputs.get("text") or "high quality, detailed")
        return pictured(self.call(pipe, prompt=words, image=image, strength=self.strength))


class ImageEditing(Diffusion):
    """A picture changed as an instruction says."""

    pipelines = (
        "StableDiffusionInstructPix2PixPipeline",
        "StableDiffusionXLInstructPix2PixPipeline",
        "FluxKontextPipeline",
        "QwenImageEditPipeline",
        "QwenImageEditPlusPipeline",
    )

    def make(self, pipe: Any, inputs: Inputs) -> Output:
        """The picture at a size that the model can take."""
        return pictured(self.call(pipe, prompt=str(inputs["text"]), image=fitted(pipe, inputs["image"])))


class TextToVideo(Diffusion):
    """A short video from words."""

    pipelines = (
        "WanPipeline",
        "TextToVideoSDPipeline",
        "LTXPipeline",
        "CogVideoXPipeline",
        "HunyuanVideoPipeline",
        "MochiPipeline",
        "AnimateDiffPipeline",
    )

    def make(self, pipe: Any, inputs: Inputs) -> Output:
        """As large and long as the pipeline makes it by itself; on a CPU smaller."""
        return filmed(self.call(pipe, prompt=str(inputs["text"]), output_type="pil", **_modest(pipe)))


class ImageToVideo(Diffusion):
    """A short video that starts from a picture."""

    pipelines = (
        "StableVideoDiffusionPipeline",
        "WanImageToVideoPipeline",
        "LTXImageToVideoPipeline",
        "CogVideoXImageToVideoPipeline",
        "I2VGenXLPipeline",
    )

    def make(self, pipe: Any, inputs: Inputs) -> Output:
        """Of the picture's shape; words count only where the model reads some."""
        image = fitted(pipe, inputs["image"])
        size = _modest(pipe) | {"height": image.height, "width": image.width}
        return filmed(self.call(pipe, image=image, prompt=str(inputs.get("text") or ""), output_type="pil", **size))


def fitted(pipe: Any, image: Image.Image, most: int = 1024) -> Image.Image:
    """A copy whose sides are multiples of what the model's latents need, and at most ``most`` pixels."""
    step = int(getattr(pipe, "vae_scale_factor", None) or getattr(pipe, "vae_scale_factor_spatial", None) or 8) * 2
    scale = min(1.0, most / max(image.size))
    return image.convert("RGB").resize([max(step, round(side * scale / step) * step) for side in image.size])


def pictured(made: Any) -> Output:
    """The picture of a pipeline's result. Raises BadOutput for one that a safety checker blanked."""
    if any(getattr(made, "nsfw_content_detected", None) or ()):
        raise BadOutput("The model's safety checker withheld the picture: ask for something else.")
    image = made.images[0]
    return Output(f"an image of {image.width}x{image.height} pixels", media=(image,))


def filmed(made: Any) -> Output:
    """The video of a pipeline's result."""
    frames = [_frame(each) for each in made.frames[0]]
    video = Video(frames, _FPS)
    return Output(f"a video of {len(frames)} frames", {"frames": len(frames), "fps": _FPS}, (video,))


def _modest(pipe: Any) -> dict[str, int]:
    """On a CPU few frames, and small ones where the pipeline names a size of its own; else nothing."""
    if pipe.device.type != "cpu":
        return {}
    sides = [side for side in ("height", "width") if getattr(_parameters(pipe).get(side), "default", None)]
    return {"num_frames": _CPU_FRAMES} | dict.fromkeys(sides, _CPU_SIDE)


def _frame(value: Any) -> Image.Image:
    if isinstance(value, Image.Image):
        return value
    return Image.fromarray((np.clip(np.asarray(value, np.float32), 0, 1) * 255).astype(np.uint8))


def _parameters(pipe: Any) -> Mapping[str, Any]:
    return inspect.signature(type(pipe).__call__).parameters


def _convertible(auto: str) -> set[str]:
    """The pipeline classes that an AutoPipeline can take over, of whichever task they are."""
    framework()
    from diffusers.pipelines import auto_pipeline as tables

    wanted = {
        "AutoPipelineForText2Image": tables.AUTO_TEXT2IMAGE_PIPELINES_MAPPING,
        "AutoPipelineForImage2Image": tables.AUTO_IMAGE2IMAGE_PIPELINES_MAPPING,
    }[auto]
    sources = (tables.AUTO_TEXT2IMAGE_PIPELINES_MAPPING, tables.AUTO_IMAGE2IMAGE_PIPELINES_MAPPING)
    return {pipeline.__name__ for table in sources for kind, pipeline in table.items() if kind in wanted}
