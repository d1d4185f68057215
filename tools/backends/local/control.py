"""Control maps by models, and pictures that follow a control map (ControlNet, arXiv 2302.05543)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.backends.local.checkpoint import Checkpoint
from tools.backends.local.diffusion import Diffusion, TextToImage, fitted, pictured
from tools.backends.local.image import Depth, depths
from tools.backends.local.placement import Placement, framework
from tools.backends.local.recipe import Inputs, Loader
from tools.protocol import Output

# by the width of the words that they read
_BASES = {
    768: "stable-diffusion-v1-5/stable-diffusion-v1-5",
    2048: "stabilityai/stable-diffusion-xl-base-1.0",
}


class NormalMap(Depth):
    """Surface normals, from the slopes of an estimated depth map."""

    tasks: tuple[str, ...] = ("normal-control",)

    def show(self, image: Image.Image, result: Any) -> Output:
        """Red is x, green is y, blue points at the viewer, as the normal-map ControlNet was trained."""
        drawn = Image.fromarray(normals(depths(result))).resize(image.size)
        return Output("a map of surface normals", media=(drawn,))


class ControlledTextToImage(Diffusion):
    """A picture from words that follows a control map. The base model is shared by all ControlNets."""

    tasks = tuple(f"{kind}-text-to-image" for kind in ("canny", "hed", "mlsd", "normal", "openpose", "depth", "seg"))
    classes = ("ControlNetModel",)
    parts: Mapping[str, Loader] = {"base": TextToImage()}
    auto = "AutoPipelineForText2Image"

    @property
    def loader(self) -> str:
        """The ControlNet alone; its base is loaded as any other pipeline."""
        return "ControlNet"

    def part(self, name: str, checkpoint: Checkpoint) -> str | None:
        """The base that reads words as the ControlNet does: of the other families, the owner names one."""
        return _BASES.get(checkpoint.config.get("cross_attention_dim", 0))

    def accepts(self, checkpoint: Checkpoint) -> bool:
        """A ControlNet and nothing else."""
        return "ControlNetModel" in checkpoint.architectures

    def load(self, checkpoint: Checkpoint, place: Placement) -> Any:
        """The ControlNet alone."""
        framework()
        from diffusers import ControlNetModel

        network = ControlNetModel.from_pretrained(checkpoint.folder, use_safetensors=True, dtype=place.torch_dtype)
        return network.to("cpu" if place.spread else place.device).eval()

    def combine(self, model: Any, parts: Mapping[str, Any]) -> Any:
        """ControlNet and base."""
        return model, parts["base"]

    @contextmanager
    def own(self, model: Any) -> Iterator[Any]:
        """A pipeline of this call's own: the shared base, this ControlNet, a fresh scheduler."""
        from diffusers import AutoPipelineForText2Image

        network, base = model
        pipe = AutoPipelineForText2Image.from_pipe(base.pipe, controlnet=network)
        with base.placed(pipe):
            yield pipe

    def make(self, pipe: Any, inputs: Inputs) -> Output:
        """One picture of the control map's shape."""
        control = fitted(pipe, inputs["image"])
        size = {"height": control.height, "width": control.width}
        return pictured(self.call(pipe, prompt=str(inputs["text"]), image=control, control_image=control, **size))


def normals(depth: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Normals of a depth map, shape (height, width) to (height, width, 3): near is large, as disparity is."""
    scaled = (depth - depth.min()) / (float(np.ptp(depth)) or 1.0)
    down, across = np.gradient(scaled * max(depth.shape) / 4)
    vectors = np.stack([-across, -down, np.ones_like(scaled)], axis=-1)
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    return ((vectors + 1) * 127.5).round().astype(np.uint8)
