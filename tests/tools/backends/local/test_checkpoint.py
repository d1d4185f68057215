from collections.abc import Callable
from pathlib import Path

import pytest

from tools.backends.local.checkpoint import find, read


@pytest.mark.parametrize("name", ["text-classification", "image-to-text", "text-to-speech"])
def test_the_size_told_by_the_files_is_the_size_once_loaded(name: str, tiny_model: Callable[[str], Path]) -> None:
    import transformers

    checkpoint = read(name, tiny_model(name))
    kind = getattr(transformers, checkpoint.architectures[0])
    loaded = kind.from_pretrained(checkpoint.folder, dtype="float32").get_memory_footprint(return_buffers=False)
    assert checkpoint.bytes("float32") == pytest.approx(loaded, rel=0.05)
    assert checkpoint.bytes("bfloat16") == pytest.approx(checkpoint.bytes("float32") / 2, rel=0.01)


def test_a_diffusion_pipeline_counts_all_its_parts(tiny_model: Callable[[str], Path]) -> None:
    import diffusers

    checkpoint = read("sd", tiny_model("text-to-image"))
    pipe = diffusers.DiffusionPipeline.from_pretrained(checkpoint.folder)
    modules = (pipe.unet, pipe.vae, pipe.text_encoder)
    loaded = sum(p.numel() * p.element_size() for module in modules for p in module.parameters())
    assert checkpoint.bytes("float32") == pytest.approx(loaded, rel=0.05)


def test_a_name_is_looked_up_in_the_hubs_cache(tmp_path: Path) -> None:
    assert find("nobody/nothing") is None
    assert find("not a name at all!") is None
    assert find(str(tmp_path)) == tmp_path
