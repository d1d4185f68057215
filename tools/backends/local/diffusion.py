"""Images and videos made by diffusion."""

import secrets
import threading
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PIL import Image

from tools.backends.local.batching import abandoned
from tools.backends.local.checkpoint import Checkpoint
from tools.backends.local.habits import Habits, habits, parameters
from tools.backends.local.placement import Placement, framework
from tools.backends.local.recipe import Inputs, Recipe
from tools.errors import BadOutput, ModelError
from tools.progress import report
from tools.protocol import Output, Video

_CPU_FRAMES, _CPU_SIDE = 9, 256  # of a video made without a GPU, where a full one would take hours


@dataclass(eq=False)
class Loaded:
    """A pipeline with its habits. One that is spread serves one call at a time, as its parts come and go."""

    pipe: Any
    habits: Habits
    place: Placement
    turn: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def placed(self, pipe: Any) -> Iterator[None]:
        """Make a pipeline around the same parts ready to run, with a fresh scheduler."""
        pipe.scheduler = self.pipe.scheduler.from_config(self.pipe.scheduler.config)
        pipe.set_progress_bar_config(disable=True)
        pipe.habits = replace(self.habits, device=self.place.device)
        turn: AbstractContextManager[object] = self.turn if self.place.spread else nullcontext()
        with turn:
            if self.place.spread:
                pipe.enable_model_cpu_offload(device=self.place.device)
            yield


class Diffusion(Recipe):
    """A diffusers pipeline. It may serve several tasks at once: every call has its own scheduler.

    ``pipelines`` are the pipeline classes that can do the task, by how their names end.
    """

    half = True
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
            checkpoint.folder,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=place.torch_dtype,
            variant=checkpoint.variant(place.dtype),
        )
        if not place.spread:
            pipe.to(place.device)
        return Loaded(pipe, habits(checkpoint.model, pipe), place)

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """One call after the other: a picture is many passes already."""
        return [self._made(model, inputs) for inputs in batch]

    def _made(self, model: Any, inputs: Inputs) -> Output:
        """One call with noise of its own: calls at the same time share no generator, and its seed is told."""
        seed = int(inputs.get("seed", secrets.randbelow(2**32)))
        with self.own(model) as pipe:
            pipe.generator = framework().Generator("cpu").manual_seed(seed)
            output = self.make(pipe, inputs)
        chosen = {"seed": seed, "steps": pipe.habits.steps, "guidance": pipe.habits.guidance}
        parameters = {name: value for name, value in chosen.items() if value is not None}
        return replace(output, data={"seed": seed} | (output.data or {}), parameters=parameters)

    @contextmanager
    def own(self, model: Any) -> Iterator[Any]:
        """A pipeline of this call's own around the shared weights, with a fresh scheduler."""
        import diffusers

        pipe = getattr(diffusers, self.auto).from_pipe(model.pipe) if self.auto else copy(model.pipe)
        with model.placed(pipe):
            yield pipe

    def call(self, pipe: Any, **arguments: Any) -> Any:
        """Run the pipeline with progress, and stop it soon after nobody waits any more."""
        gone = abandoned.get()

        def after_step(_pipe: Any, step: int, _time: Any, values: dict[str, Any]) -> dict[str, Any]:
            report(step + 1, pipe.num_timesteps)
            if gone():
                raise ModelError("The call was cancelled.")
            return values

        if "callback_on_step_end" in parameters(pipe):
            arguments["callback_on_step_end"] = after_step
        arguments |= {"generator": pipe.generator, **pipe.habits.arguments}
        known = {name: value for name, value in arguments.items() if name in parameters(pipe)}
        with framework().inference_mode():
            return pipe(**known)

    @abstractmethod
    def make(self, pipe: Any, inputs: Inputs) -> Output:
        """One call."""


class TextToImage(Diffusion):
    """A picture from words."""

    tasks: tuple[str, ...] = ("text-to-image",)
    auto = "AutoPipelineForText2Image"

    def make(self, pipe: Any, inputs: Inputs) -> Output:
        """One picture, of the size the model was trained for."""
        return pictured(self.call(pipe, prompt=str(inputs["text"])))


class ImageToImage(Diffusion):
    """A picture from a picture, and from words where there are some."""

    tasks: tuple[str, ...] = ("image-to-image",)
    auto = "AutoPipelineForImage2Image"
    strength = 0.6

    def make(self, pipe: Any, inputs: Inputs) -> Output:
        """The picture at a size that the model can take."""
        image, words = fitted(pipe, inputs["image"]), str(inputs.get("text") or "high quality, detailed")
        return pictured(self.call(pipe, prompt=words, image=image, strength=self.strength))


class ImageEditing(Diffusion):
    """A picture changed as an instruction says."""

    tasks: tuple[str, ...] = ("image-editing",)
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

    tasks: tuple[str, ...] = ("text-to-video",)
    slow = True
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
        return filmed(pipe, self.call(pipe, prompt=str(inputs["text"]), output_type="pil", **_modest(pipe)))


class ImageToVideo(Diffusion):
    """A short video that starts from a picture."""

    tasks: tuple[str, ...] = ("image-to-video",)
    slow = True
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
        return filmed(
            pipe, self.call(pipe, image=image, prompt=str(inputs.get("text") or ""), output_type="pil", **size)
        )


def fitted(pipe: Any, image: Image.Image) -> Image.Image:
    """A copy with as many pixels as the model was trained on at most, its sides multiples of what its latents need."""
    step, scale = pipe.habits.multiple, min(1.0, (pipe.habits.pixels / (image.width * image.height)) ** 0.5)
    return image.convert("RGB").resize([max(step, round(side * scale / step) * step) for side in image.size])


def pictured(made: Any) -> Output:
    """The picture of a pipeline's result. Raises BadOutput for one that a safety checker blanked."""
    if any(getattr(made, "nsfw_content_detected", None) or ()):
        raise BadOutput("The model's safety checker withheld the picture: ask for something else.")
    image = made.images[0]
    return Output(f"an image of {image.width}x{image.height} pixels", media=(image,))


def filmed(pipe: Any, made: Any) -> Output:
    """The video of a pipeline's result, as fast as the family was trained to film."""
    frames, fps = [_frame(frame) for frame in made.frames[0]], pipe.habits.fps
    return Output(f"a video of {len(frames)} frames", {"frames": len(frames), "fps": fps}, (Video(frames, fps),))


def _modest(pipe: Any) -> dict[str, int]:
    """On a CPU few frames, and small ones where the pipeline names a size of its own; else nothing."""
    if pipe.habits.device != "cpu":
        return {}
    sides = [side for side in ("height", "width") if getattr(parameters(pipe).get(side), "default", None)]
    return {"num_frames": _CPU_FRAMES} | dict.fromkeys(sides, _CPU_SIDE)


def _frame(value: Any) -> Image.Image:
    if isinstance(value, Image.Image):
        return value
    return Image.fromarray((np.clip(np.asarray(value, np.float32), 0, 1) * 255).astype(np.uint8))


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
