"""Tiny models that look at images and videos."""

from pathlib import Path
from typing import Any

import transformers as tf

from tests.support.tiny.base import ENCODER, Builder, clip_tokenizer, image_processor, labels, save, square

VISION = {**ENCODER, "image_size": 32, "patch_size": 8}
BACKBONE = {"embedding_size": 8, "hidden_sizes": [8, 16, 16, 32], "depths": [1, 1, 1, 1], "layer_type": "basic"}
OBJECTS = labels("person", "dog")


def vit(head: str, **config: Any) -> Builder:
    """A vision transformer with that head."""

    def build(folder: Path) -> None:
        model = getattr(tf, f"ViT{head}")(tf.ViTConfig(**VISION, **config))
        save(folder, model, image_processor("ViTImageProcessor", size=square(32)))

    return build


def yolos(folder: Path) -> None:
    """A detector of which every box is half sure of a person."""
    config = tf.YolosConfig(
        **(VISION | {"image_size": [64, 64], "patch_size": 16}), num_detection_tokens=10, **labels("person")
    )
    model = tf.YolosForObjectDetection(config)
    model.class_labels_classifier.layers[-1].bias.data[0] = 3.0
    save(folder, model, image_processor("YolosImageProcessor", size={"shortest_edge": 64, "longest_edge": 64}))


def segformer(folder: Path) -> None:
    """A segmenter of classes."""
    config = tf.SegformerConfig(
        depths=[1] * 4,
        hidden_sizes=[8, 8, 16, 16],
        num_attention_heads=[1, 1, 2, 2],
        decoder_hidden_size=16,
        **labels("sky", "road"),
    )
    save(
        folder, tf.SegformerForSemanticSegmentation(config), image_processor("SegformerImageProcessor", size=square(64))
    )


def maskformer(folder: Path) -> None:
    """A segmenter of things, whose class the pipeline does not know."""
    stages = ["stage1", "stage2", "stage3", "stage4"]
    swin = tf.SwinConfig(
        image_size=64,
        patch_size=4,
        embed_dim=8,
        depths=[1] * 4,
        num_heads=[1, 1, 2, 2],
        window_size=4,
        out_features=stages,
    )
    detr = tf.DetrConfig(
        use_timm_backbone=False,
        backbone_config=tf.ResNetConfig(**BACKBONE),
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        num_queries=6,
    )
    config = tf.MaskFormerConfig(
        backbone_config=swin, decoder_config=detr, fpn_feature_size=32, mask_feature_size=32, **OBJECTS
    )
    size = {"shortest_edge": 64, "longest_edge": 64}
    processor = image_processor("MaskFormerImageProcessor", size=size, num_labels=2)
    save(folder, tf.MaskFormerForInstanceSegmentation(config), processor)


def dpt(folder: Path) -> None:
    """An estimator of depth."""
    config = tf.DPTConfig(
        **(VISION | {"patch_size": 16, "num_hidden_layers": 4}),
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 8, 16, 16],
        fusion_hidden_size=16,
        is_hybrid=False,
    )
    save(folder, tf.DPTForDepthEstimation(config), image_processor("DPTImageProcessor", size=square(32)))


def clip(folder: Path) -> None:
    """A model that compares images with words."""
    tokenizer = clip_tokenizer(32)
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    words = {**ENCODER, "vocab_size": len(tokenizer), "max_position_embeddings": 32, **ends}
    config = tf.CLIPConfig(text_config=words, vision_config=VISION, projection_dim=16)
    images = image_processor("CLIPImageProcessor", size={"shortest_edge": 32}, crop_size=square(32))
    save(folder, tf.CLIPModel(config), tf.CLIPProcessor(image_processor=images, tokenizer=tokenizer))


def owlvit(folder: Path) -> None:
    """A detector of named things."""
    tokenizer = clip_tokenizer(16)
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": 0}
    words = {**ENCODER, "vocab_size": len(tokenizer), "max_position_embeddings": 16, **ends}
    config = tf.OwlViTConfig(text_config=words, vision_config=VISION, projection_dim=32)
    images = image_processor("OwlViTImageProcessor", size=square(32), crop_size=square(32))
    save(folder, tf.OwlViTForObjectDetection(config), tf.OwlViTProcessor(image_processor=images, tokenizer=tokenizer))


def sam(folder: Path) -> None:
    """An outliner of everything."""
    config = tf.SamConfig(
        vision_config={
            "hidden_size": 32,
            "output_channels": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 64,
            "patch_size": 8,
            "global_attn_indexes": [1],
            "window_size": 4,
            "mlp_dim": 37,
            "num_pos_feats": 16,
        },
        prompt_encoder_config={"hidden_size": 32, "image_size": 64, "patch_size": 8, "mask_input_channels": 8},
        mask_decoder_config={
            "hidden_size": 32,
            "mlp_dim": 37,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "iou_head_hidden_dim": 16,
        },
    )
    images = image_processor(
        "SamImageProcessor",
        size={"longest_edge": 64},
        pad_size=square(64),
        mask_size={"longest_edge": 32},
        mask_pad_size=square(32),
    )
    save(folder, tf.SamModel(config), tf.SamProcessor(images))


def superpoint(folder: Path) -> None:
    """A finder of salient points."""
    config = tf.SuperPointConfig(
        encoder_hidden_sizes=[8, 8, 16, 16],
        decoder_hidden_size=16,
        keypoint_decoder_dim=65,
        descriptor_decoder_dim=16,
        keypoint_threshold=0.0,
    )
    save(
        folder, tf.SuperPointForKeypointDetection(config), image_processor("SuperPointImageProcessor", size=square(64))
    )


def vitpose(folder: Path) -> None:
    """A finder of joints, with its detector of people beside it."""
    backbone = tf.VitPoseBackboneConfig(
        image_size=[64, 48],
        patch_size=[16, 16],
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        out_features=["stage2"],
        num_labels=17,
    )
    model = tf.VitPoseForPoseEstimation(tf.VitPoseConfig(backbone_config=backbone, num_labels=17))
    save(folder, model, image_processor("VitPoseImageProcessor", size={"height": 64, "width": 48}))
    yolos(folder / "detector")


def swin2sr(folder: Path) -> None:
    """An enlarger."""
    config = tf.Swin2SRConfig(image_size=64, embed_dim=12, depths=[1, 1], num_heads=[2, 2], window_size=8, upscale=2)
    save(folder, tf.Swin2SRForImageSuperResolution(config), image_processor("Swin2SRImageProcessor"))


def videomae(folder: Path) -> None:
    """A classifier of videos."""
    config = tf.VideoMAEConfig(**VISION, num_frames=4, tubelet_size=2, **labels("run", "jump"))
    images = image_processor("VideoMAEImageProcessor", size={"shortest_edge": 32}, crop_size=square(32))
    save(folder, tf.VideoMAEForVideoClassification(config), images)


BUILDERS: dict[str, Builder] = {
    "image-classification": vit("ForImageClassification", **labels("cat", "dog")),
    "image-feature-extraction": vit("Model"),
    "zero-shot-image-classification": clip,
    "object-detection": yolos,
    "zero-shot-object-detection": owlvit,
    "image-segmentation": segformer,
    "image-segmentation:maskformer": maskformer,
    "mask-generation": sam,
    "depth-estimation": dpt,
    "normal-control": dpt,
    "keypoint-detection": vitpose,
    "keypoint-detection:superpoint": superpoint,
    "openpose-control": vitpose,
    "image-to-image": swin2sr,
    "video-classification": videomae,
}
