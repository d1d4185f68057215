"""Tiny models that look at images and speak about them."""

from pathlib import Path
from typing import Any

import transformers as tf

from tests.support.tiny.base import (
    ENCODER,
    Builder,
    brief,
    byte_pairs,
    image_processor,
    labels,
    save,
    square,
    wordpiece,
)
from tests.support.tiny.image import VISION

CHAT_TEMPLATE = (
    "{% for m in messages %}{{ m['role'] }}: {% for c in m['content'] %}"
    "{% if c['type'] == 'image' %}IMAGE{% else %}{{ c['text'] }}{% endif %}{% endfor %}{% endfor %}assistant: "
)


def blip(head: str) -> Builder:
    """A BLIP with that head."""

    def build(folder: Path) -> None:
        tokenizer = wordpiece()
        words = {
            **ENCODER,
            "vocab_size": len(tokenizer),
            "encoder_hidden_size": 32,
            "max_position_embeddings": 64,
            "bos_token_id": 2,
            "sep_token_id": 3,
            "eos_token_id": 3,
            "pad_token_id": 0,
        }
        model = getattr(tf, f"BlipFor{head}")(tf.BlipConfig(text_config=words, vision_config=VISION, projection_dim=16))
        images = image_processor("BlipImageProcessor", size=square(32))
        save(folder, model, tf.BlipProcessor(image_processor=images, tokenizer=tokenizer))

    return build


def encoder_decoder(encoder: Any, decoder: Any) -> Any:
    """A vision encoder with a text decoder."""
    config = tf.VisionEncoderDecoderConfig.from_encoder_decoder_configs(encoder, decoder)
    config.decoder_start_token_id, config.pad_token_id = 1, 0
    model = tf.VisionEncoderDecoderModel(config=config)
    ends = {"decoder_start_token_id": 1, "pad_token_id": 0, "eos_token_id": 2}
    model.generation_config.update(**ends)
    return model


def vit_gpt2(folder: Path) -> None:
    """A captioner with no common processor."""
    tokenizer = byte_pairs()
    decoder = tf.GPT2Config(
        vocab_size=len(tokenizer),
        n_embd=32,
        n_layer=1,
        n_head=2,
        n_positions=64,
        add_cross_attention=True,
        is_decoder=True,
        bos_token_id=1,
        eos_token_id=2,
    )
    model = encoder_decoder(tf.ViTConfig(**VISION), decoder)
    save(folder, model, tokenizer, image_processor("ViTImageProcessor", size=square(32)))


def donut(folder: Path) -> None:
    """A reader of pages by their pixels alone."""
    tokenizer = byte_pairs(["<s_docvqa>", "<s_question>", "</s_question>", "<s_answer>", "</s_answer>"])
    decoder = tf.MBartConfig(
        vocab_size=len(tokenizer),
        d_model=32,
        decoder_layers=1,
        decoder_attention_heads=2,
        decoder_ffn_dim=32,
        max_position_embeddings=512,
        is_decoder=True,
        add_cross_attention=True,
        is_encoder_decoder=False,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    encoder = tf.DonutSwinConfig(
        image_size=[64, 64], patch_size=4, embed_dim=16, depths=[1, 1], num_heads=[1, 2], window_size=4
    )
    images = image_processor("DonutImageProcessor", size=square(64))
    save(folder, encoder_decoder(encoder, decoder), tf.DonutProcessor(image_processor=images, tokenizer=tokenizer))


def vilt(folder: Path) -> None:
    """A classifier of answers."""
    tokenizer = wordpiece(40)
    config = tf.ViltConfig(
        vocab_size=len(tokenizer), max_position_embeddings=40, **VISION, **labels("yes", "no", "red")
    )
    images = image_processor("ViltImageProcessor", size={"shortest_edge": 32})
    save(folder, tf.ViltForQuestionAnswering(config), tf.ViltProcessor(image_processor=images, tokenizer=tokenizer))


def _decoder(tokenizer: Any) -> dict[str, Any]:
    ends = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    return {**ENCODER, "vocab_size": len(tokenizer), "max_position_embeddings": 256, "num_key_value_heads": 1, **ends}


def llava(folder: Path) -> None:
    """A chat model that sees one image."""
    tokenizer = byte_pairs(["<image>"])
    config = tf.LlavaConfig(
        vision_config=tf.CLIPVisionConfig(**VISION, projection_dim=16),
        text_config=tf.LlamaConfig(**_decoder(tokenizer)),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-1,
    )
    processor = tf.LlavaProcessor(
        image_processor=image_processor("CLIPImageProcessor", size={"shortest_edge": 32}, crop_size=square(32)),
        tokenizer=tokenizer,
        patch_size=8,
        vision_feature_select_strategy="default",
        chat_template=CHAT_TEMPLATE.replace("IMAGE", "<image>"),
        image_token="<image>",
        num_additional_image_tokens=1,
    )
    save(folder, brief(tf.LlavaForConditionalGeneration(config)), processor)


def qwen2_vl(folder: Path) -> None:
    """A chat model whose own processor also watches video, and so asks for torchvision."""
    tokenizer = byte_pairs(["<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"])
    number = tokenizer.convert_tokens_to_ids
    rope = {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 3, 3]}
    vision = {"depth": 2, "embed_dim": 32, "hidden_size": 32, "num_heads": 2, "mlp_ratio": 2, "patch_size": 14}
    config = tf.Qwen2VLConfig(
        text_config=_decoder(tokenizer) | {"rope_parameters": rope, "max_position_embeddings": 512},
        vision_config={**vision, "spatial_merge_size": 2, "temporal_patch_size": 2},
        image_token_id=number("<|image_pad|>"),
        video_token_id=number("<|video_pad|>"),
        vision_start_token_id=number("<|vision_start|>"),
        vision_end_token_id=number("<|vision_end|>"),
    )
    size = {"shortest_edge": 28 * 28, "longest_edge": 56 * 56}
    save(
        folder,
        brief(tf.Qwen2VLForConditionalGeneration(config)),
        tokenizer,
        image_processor("Qwen2VLImageProcessor", size=size),
    )
    template = CHAT_TEMPLATE.replace("IMAGE", "<|vision_start|><|image_pad|><|vision_end|>")
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")


def layoutlm(folder: Path) -> None:
    """A reader of pages by their words and where these stand."""
    tokenizer = wordpiece()
    config = tf.LayoutLMConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **ENCODER)
    save(folder, tf.LayoutLMForQuestionAnswering(config), tokenizer)


BUILDERS: dict[str, Builder] = {
    "image-to-text": vit_gpt2,
    "image-to-text:blip": blip("ConditionalGeneration"),
    "image-to-text:llava": llava,
    "image-text-to-text": llava,
    "image-text-to-text:qwen2-vl": qwen2_vl,
    "visual-question-answering": vilt,
    "visual-question-answering:blip": blip("QuestionAnswering"),
    "visual-question-answering:llava": llava,
    "document-question-answering": layoutlm,
    "document-question-answering:donut": donut,
}
