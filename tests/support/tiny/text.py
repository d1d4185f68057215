"""Tiny models that read text."""

from pathlib import Path
from typing import Any

import transformers as tf

from tests.support.tiny.base import (
    ENCODER,
    SEQ2SEQ,
    Builder,
    brief,
    byte_pairs,
    labels,
    save,
    talkative,
    unigram,
    wordpiece,
)

CHAT_TEMPLATE = "{% for m in messages %}<s>{{ m['role'] }}: {{ m['content'] }}</s>{% endfor %}<s>assistant:"


def bert(head: str, **config: Any) -> Builder:
    """A BERT with that head."""

    def build(folder: Path) -> None:
        tokenizer = wordpiece()
        settings = tf.BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **ENCODER, **config)
        save(folder, getattr(tf, f"Bert{head}")(settings), tokenizer)

    return build


def tapas(folder: Path) -> None:
    """A model of tables."""
    vocabulary = wordpiece().get_vocab()
    vocabulary.setdefault("[EMPTY]", len(vocabulary))
    words = folder / "vocab.txt"
    words.write_text("\n".join(sorted(vocabulary, key=vocabulary.__getitem__)), encoding="utf-8")
    config = tf.TapasConfig(
        vocab_size=len(vocabulary),
        max_position_embeddings=128,
        num_aggregation_labels=2,
        aggregation_labels={0: "NONE", 1: "SUM"},
        select_one_column=True,
        **ENCODER,
    )
    save(folder, tf.TapasForQuestionAnswering(config), tf.TapasTokenizer(str(words)))


def llama(*, chat: bool, memory: int = 512) -> Builder:
    """A decoder, with or without a template for conversations."""

    def build(folder: Path) -> None:
        tokenizer = byte_pairs()
        tokenizer.chat_template = CHAT_TEMPLATE if chat else None
        config = tf.LlamaConfig(
            vocab_size=len(tokenizer),
            num_key_value_heads=1,
            max_position_embeddings=memory,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=0,
            **ENCODER,
        )
        save(folder, brief(tf.LlamaForCausalLM(config)), tokenizer)

    return build


def bart(folder: Path) -> None:
    """An encoder-decoder that was taught to summarise."""
    tokenizer = byte_pairs()
    config = tf.BartConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=128,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=2,
        forced_eos_token_id=2,
        task_specific_params={"summarization": {"prefix": ""}},
        **SEQ2SEQ,
    )
    save(folder, talkative(tf.BartForConditionalGeneration(config)), tokenizer)


def t5(folder: Path) -> None:
    """An encoder-decoder that was taught several tasks by prefixes."""
    tokenizer = unigram()
    config = tf.T5Config(
        vocab_size=len(tokenizer),
        d_model=32,
        d_kv=16,
        d_ff=32,
        num_layers=1,
        num_heads=2,
        decoder_start_token_id=0,
        pad_token_id=0,
        eos_token_id=1,
        task_specific_params={"translation_en_to_de": {"prefix": "translate English to German: "}},
    )
    save(folder, talkative(tf.T5ForConditionalGeneration(config)), tokenizer)


def marian(folder: Path) -> None:
    """A translator of one pair of languages."""
    tokenizer = byte_pairs()
    config = tf.MarianConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=128,
        pad_token_id=0,
        eos_token_id=2,
        decoder_start_token_id=0,
        forced_eos_token_id=2,
        **SEQ2SEQ,
    )
    save(folder, talkative(tf.MarianMTModel(config)), tokenizer)


def iris(folder: Path) -> None:
    """A classifier of flowers by four measures, saved by skops."""
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression
    from skops.io import dump

    measures, kinds = load_iris(return_X_y=True)
    dump(LogisticRegression(max_iter=500).fit(measures, kinds), folder / "model.skops")
    (folder / "config.json").write_text('{"sklearn": {"task": "tabular-classification"}}', encoding="utf-8")


BUILDERS: dict[str, Builder] = {
    "text-classification": bert("ForSequenceClassification", **labels("negative", "positive")),
    "token-classification": bert("ForTokenClassification", **labels("O", "B-PER", "I-PER")),
    "zero-shot-classification": bert("ForSequenceClassification", **labels("contradiction", "neutral", "entailment")),
    "question-answering": bert("ForQuestionAnswering"),
    "table-question-answering": tapas,
    "summarization": bart,
    "translation": t5,
    "translation:marian": marian,
    "text2text-generation": t5,
    "text-generation": llama(chat=False),
    "conversational": llama(chat=True),
    "fill-mask": bert("ForMaskedLM"),
    "sentence-similarity": bert("Model"),
    "text-ranking": bert("ForSequenceClassification", num_labels=1),
    "feature-extraction": bert("Model"),
    "tabular-classification": iris,
}
