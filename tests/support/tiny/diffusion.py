"""Tiny models that make images and videos."""

from pathlib import Path
from typing import Any

import diffusers as df
import transformers as tf

from tests.support.tiny.base import ENCODER, Builder, clip_tokenizer, image_processor, save, square, unigram

BLOCKS = {"down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"), "block_out_channels": (8, 16)}
UNET = {**BLOCKS, "layers_per_block": 1, "norm_num_groups": 4, "attention_head_dim": 2, "cross_attention_dim": 32}


def parts(channels: int = 4) -> dict[str, Any]:
    """What a Stable Diffusion pipeline is made of; ``channels`` are those of its noise and its conditions."""
    tokenizer = clip_tokenizer(77)
    words = tf.CLIPTextConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=77,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **ENCODER,
    )
    return {
        "unet": df.UNet2DConditionModel(
            **UNET, sample_size=16, in_channels=channels, up_block_types=("CrossAttnUpBlock2D", "UpBlock2D")
        ),
        "vae": df.AutoencoderKL(
            block_out_channels=[8, 8],
            down_block_types=["DownEncoderBlock2D"] * 2,
            up_block_types=["UpDecoderBlock2D"] * 2,
            norm_num_groups=4,
            sample_size=32,
        ),
        "text_encoder": tf.CLIPTextModel(words),
        "tokenizer": tokenizer,
        "scheduler": df.PNDMScheduler(beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1),
    }


def stable_diffusion(kind: str = "StableDiffusionPipeline", channels: int = 4) -> Builder:
    """A pipeline of the Stable Diffusion family, without a safety checker."""

    def build(folder: Path) -> None:
        extras = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
        save(folder, getattr(df, kind)(**parts(channels), **extras))

    return build


def controlnet(folder: Path) -> None:
    """A ControlNet, with the pipeline that it steers beside it."""
    network = df.ControlNetModel(**UNET, in_channels=4, conditioning_embedding_out_channels=(4, 8))
    for layer in (network.controlnet_mid_block, *network.controlnet_down_blocks):
        layer.weight.data.normal_()  # they start at zero, and so would steer nothing
    save(folder, network)
    stable_diffusion()(folder / "base")


def text_to_video(folder: Path) -> None:
    """A maker of videos."""
    unet = df.UNet3DConditionModel(
        block_out_channels=(8, 8),
        layers_per_block=1,
        sample_size=16,
        down_block_types=("CrossAttnDownBlock3D", "DownBlock3D"),
        up_block_types=("UpBlock3D", "CrossAttnUpBlock3D"),
        cross_attention_dim=32,
        attention_head_dim=4,
        norm_num_groups=2,
    )
    save(folder, df.TextToVideoSDPipeline(**(parts() | {"unet": unet, "scheduler": df.DDIMScheduler()})))


def wan(folder: Path) -> None:
    """A maker of videos of the modern kind: flow matching and a 3D autoencoder."""
    tokenizer = unigram()
    words = tf.UMT5Config(vocab_size=len(tokenizer), d_model=32, d_kv=8, d_ff=32, num_layers=1, num_heads=4)
    vae = df.AutoencoderKLWan(
        base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    )
    transformer = df.WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=16,
        out_channels=16,
        text_dim=32,
        freq_dim=64,
        ffn_dim=32,
        num_layers=1,
    )
    scheduler = df.FlowMatchEulerDiscreteScheduler(shift=7.0)
    encoder = tf.UMT5EncoderModel(words)
    save(folder, df.WanPipeline(tokenizer, encoder, vae, scheduler, transformer))


def stable_video(folder: Path) -> None:
    """A maker of videos from a picture."""
    unet = df.UNetSpatioTemporalConditionModel(
        block_out_channels=(32, 32),
        layers_per_block=1,
        sample_size=16,
        down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
        up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
        cross_attention_dim=32,
        num_attention_heads=2,
        projection_class_embeddings_input_dim=96,
        addition_time_embed_dim=32,
        num_frames=4,
    )
    vae = df.AutoencoderKLTemporalDecoder(
        block_out_channels=[32, 32], down_block_types=["DownEncoderBlock2D"] * 2, latent_channels=4
    )
    vision = tf.CLIPVisionConfig(**ENCODER, projection_dim=32, image_size=224, patch_size=32)
    scheduler = df.EulerDiscreteScheduler(
        interpolation_type="linear",
        timestep_type="continuous",
        prediction_type="v_prediction",
        use_karras_sigmas=True,
        timestep_spacing="leading",
        sigma_min=0.002,
        sigma_max=700.0,
    )
    images = image_processor("CLIPImageProcessor", size={"shortest_edge": 32}, crop_size=square(32))
    encoder = tf.CLIPVisionModelWithProjection(vision)
    save(folder, df.StableVideoDiffusionPipeline(vae, encoder, unet, scheduler, images))


BUILDERS: dict[str, Builder] = {
    "text-to-image": stable_diffusion(),
    "image-to-image:diffusion": stable_diffusion(),
    "image-editing": stable_diffusion("StableDiffusionInstructPix2PixPipeline", channels=8),
    **{f"{kind}-text-to-image": controlnet for kind in ("canny", "hed", "mlsd", "normal", "openpose", "depth", "seg")},
    "text-to-video": text_to_video,
    "text-to-video:wan": wan,
    "image-to-video": stable_video,
}
