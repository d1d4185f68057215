"""What all tiny models are made of: sizes, tokenizers trained on a few sentences, processors without torchvision."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tokenizers
import transformers
from tokenizers import models, normalizers, pre_tokenizers, trainers

Builder = Callable[[Path], None]

CORPUS = [
    "Ada Lovelace lived in London and wrote the first program.",
    "A grey cat sleeps on the mat while a dog barks.",
    "What colour is the square? Where does she live?",
    "summarize: translate English to German: positive negative sport politics person",
] * 3
ENCODER = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 37,
}
SEQ2SEQ = {
    "d_model": 32,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
}


def labels(*names: str) -> dict[str, Any]:
    """The names of a classifier's classes."""
    return {"id2label": dict(enumerate(names)), "label2id": {name: i for i, name in enumerate(names)}}


def wordpiece(length: int = 64) -> Any:
    """A BERT tokenizer."""
    trained = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
    trained.normalizer = normalizers.BertNormalizer(lowercase=True)
    trained.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trained.train_from_iterator(
        CORPUS, trainers.WordPieceTrainer(vocab_size=300, special_tokens=special, show_progress=False)
    )
    return transformers.BertTokenizerFast(vocab=trained.get_vocab(), model_max_length=length)


def byte_pairs(extra: Sequence[str] = ()) -> Any:
    """A byte-level BPE tokenizer, as GPT-2 and Llama have one. Ids: 0 pad, 1 start, 2 end, 3 unknown."""
    trained = tokenizers.Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained.decoder = tokenizers.decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=330,
        special_tokens=["<pad>", "<s>", "</s>", "<unk>", *extra],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    trained.train_from_iterator(CORPUS, trainer)
    names = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=trained, **names)


def unigram() -> Any:
    """A SentencePiece-like tokenizer, as T5 has one. Ids: 0 pad, 1 end, 2 unknown."""
    trained = tokenizers.Tokenizer(models.Unigram())
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    trained.decoder = tokenizers.decoders.Metaspace()
    special = ["<pad>", "</s>", "<unk>"]
    trainer = trainers.UnigramTrainer(vocab_size=100, special_tokens=special, unk_token="<unk>", show_progress=False)
    trained.train_from_iterator(CORPUS, trainer)
    names = {"eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=trained, **names)


def clip_tokenizer(length: int) -> Any:
    """A CLIP tokenizer."""
    start, end = "<|startoftext|>", "<|endoftext|>"
    trained = tokenizers.Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token=end))
    trained.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=[start, end], end_of_word_suffix="</w>", show_progress=False
    )
    trained.train_from_iterator([line.lower() for line in CORPUS], trainer)
    vocabulary, merges = vocabulary_of(trained)
    return transformers.CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=length)


def vocabulary_of(trained: Any) -> tuple[dict[str, int], list[tuple[str, ...]]]:
    """Words and merges of a BPE tokenizer."""
    model = json.loads(trained.to_str())["model"]
    return model["vocab"], [tuple(merge) for merge in model["merges"]]


def image_processor(name: str, **options: Any) -> Any:
    """An image processor that needs no torchvision."""
    kind = getattr(transformers, f"{name}Pil", None) or getattr(transformers, name)
    return kind(**options)


def square(side: int) -> dict[str, int]:
    """A size as processors want it."""
    return {"height": side, "width": side}


def talkative(model: Any, *silent: int) -> Any:
    """The model, made to begin with a word and to be brief: random weights may prefer silence, or never end."""
    model.generation_config.update(max_new_tokens=8, begin_suppress_tokens=[0, 1, 2, *silent], forced_eos_token_id=None)
    return model


def brief(model: Any) -> Any:
    """The model, made to write a few words only: random weights may never end."""
    model.generation_config.max_new_tokens = 16
    return model


def save(folder: Path, *parts: Any) -> None:
    """Save a model with its processors."""
    for part in parts:
        part.save_pretrained(folder)
