"""All builders by the name of their model."""

from tests.support.tiny import audio, diffusion, image, text, vision_language
from tests.support.tiny.base import Builder

BUILDERS: dict[str, Builder] = {
    **text.BUILDERS,
    **image.BUILDERS,
    **vision_language.BUILDERS,
    **audio.BUILDERS,
    **diffusion.BUILDERS,
}
