"""Languages as translation models call them."""

from typing import Any

from tools.errors import ModelUnavailable

_ISO_639_3 = {
    "ar": "arb", "bg": "bul", "bn": "ben", "ca": "cat", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng",
    "es": "spa", "et": "est", "fa": "pes", "fi": "fin", "fr": "fra", "he": "heb", "hi": "hin", "hr": "hrv", "hu": "hun",
    "id": "ind", "it": "ita", "ja": "jpn", "ko": "kor", "lt": "lit", "lv": "lvs", "nl": "nld", "no": "nob", "pl": "pol",
    "pt": "por", "ro": "ron", "ru": "rus", "sk": "slk", "sl": "slv", "sv": "swe", "sw": "swh", "ta": "tam", "th": "tha",
    "tr": "tur", "uk": "ukr", "ur": "urd", "vi": "vie", "zh": "zho",
}  # fmt: skip


def token_of(tokenizer: Any, code: str) -> str:
    """The tokenizer's own name of a language: de for M2M100, deu_Latn for NLLB, de_DE for mBART."""
    known = tokenizer.get_added_vocab()
    if f"__{code}__" in known:
        return code
    stems = {code, _ISO_639_3.get(code, code)}
    for token in known:
        if token.partition("_")[0] in stems:
            return str(token)
    raise ModelUnavailable(f"This model does not know the language {code}: choose another model.")


def token_id(tokenizer: Any, code: str) -> int:
    """The id of the token that makes a model write in the language."""
    name = token_of(tokenizer, code)
    return int(
        tokenizer.get_lang_id(name) if hasattr(tokenizer, "get_lang_id") else tokenizer.convert_tokens_to_ids(name)
    )
