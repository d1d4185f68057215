"""Tiny models that hear and speak."""

import json
from pathlib import Path
from typing import Any

import transformers as tf
from tokenizers import pre_tokenizers

from tests.support.tiny.base import ENCODER, Builder, byte_pairs, labels, save, talkative, unigram, vocabulary_of

LETTERS = "abcdefghijklmnopqrstuvwxyz'"
HIFIGAN = {
    "upsample_initial_channel": 16,
    "upsample_rates": [4, 4],
    "upsample_kernel_sizes": [8, 8],
    "resblock_kernel_sizes": [3],
    "resblock_dilation_sizes": [[1, 3]],
}


def _vocabulary(folder: Path, symbols: list[str]) -> str:
    file = folder / "vocab.json"
    file.write_text(json.dumps({symbol: i for i, symbol in enumerate(symbols)}), encoding="utf-8")
    return str(file)


def _wav2vec2(**config: Any) -> Any:
    shape = {
        "conv_dim": (16, 16, 16),
        "conv_stride": (5, 4, 4),
        "conv_kernel": (10, 4, 4),
        "num_feat_extract_layers": 3,
    }
    return tf.Wav2Vec2Config(**ENCODER, **shape, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2, **config)


def wav2vec2_ctc(folder: Path) -> None:
    """A writer of letters."""
    symbols = ["<pad>", "<s>", "</s>", "<unk>", "|", *LETTERS]
    tokenizer = tf.Wav2Vec2CTCTokenizer(_vocabulary(folder, symbols))
    model = tf.Wav2Vec2ForCTC(_wav2vec2(vocab_size=len(symbols), pad_token_id=0))
    model.lm_head.bias.data[5:8] = 3.0  # so that a random model writes something
    save(folder, model, tf.Wav2Vec2Processor(feature_extractor=tf.Wav2Vec2FeatureExtractor(), tokenizer=tokenizer))


def whisper(folder: Path) -> None:
    """A writer of words, window by window."""
    tokenizer = _whisper_tokenizer()
    number, end = tokenizer.convert_tokens_to_ids, tokenizer.convert_tokens_to_ids("<|endoftext|>")
    config = tf.WhisperConfig(
        vocab_size=len(tokenizer),
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        decoder_start_token_id=number("<|startoftranscript|>"),
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
    model = tf.WhisperForConditionalGeneration(config)
    settings = model.generation_config
    settings.is_multilingual, settings.max_new_tokens = True, 8
    settings.lang_to_id = {"<|en|>": number("<|en|>")}
    settings.task_to_id = {name: number(f"<|{name}|>") for name in ("transcribe", "translate")}
    settings.no_timestamps_token_id = number("<|notimestamps|>")
    talkative(model, *range(number("<|endoftext|>"), len(tokenizer)))
    settings._from_model_config = False  # else loading rebuilds it from the configuration, without these
    save(folder, model, tf.WhisperProcessor(feature_extractor=tf.WhisperFeatureExtractor(), tokenizer=tokenizer))


def _whisper_tokenizer() -> Any:
    _, merges = vocabulary_of(byte_pairs().backend_tokenizer)
    words = {symbol: i for i, symbol in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    for pair in merges:
        words.setdefault("".join(pair), len(words))
    names = (
        "startoftranscript",
        "en",
        "translate",
        "transcribe",
        "startoflm",
        "startofprev",
        "nospeech",
        "notimestamps",
    )
    special = [f"<|{name}|>" for name in names]
    for symbol in ("<|endoftext|>", *special):
        words[symbol] = len(words)
    tokenizer = tf.WhisperTokenizer(vocab=words, merges=merges)
    tokenizer.add_special_tokens({"additional_special_tokens": special})
    tokenizer.add_tokens([f"<|{i * 0.02:.2f}|>" for i in range(1501)])
    return tokenizer


def wav2vec2_classifier(folder: Path) -> None:
    """A hearer of commands."""
    model = tf.Wav2Vec2ForSequenceClassification(_wav2vec2(classifier_proj_size=16, **labels("yes", "no")))
    save(folder, model, tf.Wav2Vec2FeatureExtractor())


def clap(folder: Path) -> None:
    """A model that compares sounds with words."""
    vocabulary, merges = vocabulary_of(byte_pairs(["<mask>"]).backend_tokenizer)
    tokenizer = tf.RobertaTokenizerFast(vocab=vocabulary, merges=merges)
    words = {
        **ENCODER,
        "vocab_size": len(tokenizer),
        "max_position_embeddings": 80,
        "projection_dim": 16,
        "pad_token_id": 0,
    }
    sounds = {
        "window_size": 4,
        "num_mel_bins": 16,
        "spec_size": 64,
        "patch_size": 4,
        "patch_stride": [4, 4],
        "num_classes": 2,
        "hidden_size": 32,
        "projection_dim": 16,
        "depths": [1, 1],
        "num_attention_heads": [2, 2],
        "num_hidden_layers": 2,
        "patch_embeds_hidden_size": 16,
        "enable_fusion": False,
    }
    extractor = tf.ClapFeatureExtractor(feature_size=16, max_length_s=1, truncation="rand_trunc")
    model = tf.ClapModel(tf.ClapConfig(text_config=words, audio_config=sounds, projection_dim=16))
    save(folder, model, tf.ClapProcessor(feature_extractor=extractor, tokenizer=tokenizer))


def vits(folder: Path) -> None:
    """A speaker."""
    symbols = ["_", " ", "-", ".", ",", "?", "!", *LETTERS]
    options = {"phonemize": False, "normalize": True, "pad_token": "_", "unk_token": "_"}
    tokenizer = tf.VitsTokenizer(_vocabulary(folder, symbols), **options)
    config = tf.VitsConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        ffn_dim=32,
        flow_size=16,
        spectrogram_bins=9,
        duration_predictor_filter_channels=16,
        depth_separable_channels=2,
        prior_encoder_num_flows=1,
        posterior_encoder_num_wavenet_layers=1,
        prior_encoder_num_wavenet_layers=1,
        duration_predictor_num_flows=1,
        sampling_rate=16000,
        **(HIFIGAN | {"upsample_rates": [8, 8], "upsample_kernel_sizes": [16, 16]}),
    )
    save(folder, tf.VitsModel(config), tokenizer)


def musicgen(folder: Path) -> None:
    """A musician."""
    tokenizer = unigram()
    words = tf.T5Config(vocab_size=len(tokenizer), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    codec = tf.EncodecConfig(
        sampling_rate=16000,
        hidden_size=16,
        num_filters=4,
        codebook_size=64,
        codebook_dim=16,
        upsampling_ratios=[8, 5],
        target_bandwidths=[4.8],
        num_lstm_layers=1,
    )
    decoder = tf.MusicgenDecoderConfig(
        vocab_size=64,
        hidden_size=16,
        ffn_dim=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_codebooks=codec.num_quantizers,
        pad_token_id=64,
        bos_token_id=64,
    )
    parts = {"text_encoder": words.to_dict(), "audio_encoder": codec.to_dict(), "decoder": decoder.to_dict()}
    model = tf.MusicgenForConditionalGeneration(tf.MusicgenConfig(**parts))
    model.generation_config.update(decoder_start_token_id=64, pad_token_id=64, guidance_scale=3.0, do_sample=True)
    save(folder, model, tokenizer)


def speecht5(folder: Path) -> None:
    """A changer of voices, with its vocoder beside it."""
    config = tf.SpeechT5Config(
        vocab_size=32,
        hidden_size=32,
        encoder_layers=1,
        encoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_layers=1,
        decoder_attention_heads=2,
        decoder_ffn_dim=32,
        conv_dim=(16, 16),
        conv_stride=(20, 16),
        conv_kernel=(20, 16),
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
        speech_decoder_prenet_units=16,
        speech_decoder_postnet_units=16,
        speaker_embedding_dim=16,
        reduction_factor=2,
        speech_decoder_prenet_layers=1,
        speech_decoder_postnet_layers=1,
    )
    save(folder, tf.SpeechT5ForSpeechToSpeech(config), tf.SpeechT5FeatureExtractor())
    save(folder / "vocoder", tf.SpeechT5HifiGan(tf.SpeechT5HifiGanConfig(**HIFIGAN)))


BUILDERS: dict[str, Builder] = {
    "automatic-speech-recognition": wav2vec2_ctc,
    "automatic-speech-recognition:whisper": whisper,
    "audio-classification": wav2vec2_classifier,
    "zero-shot-audio-classification": clap,
    "text-to-speech": vits,
    "text-to-audio": musicgen,
    "audio-to-audio": speecht5,
}
