"""Text in, text out."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from tools.backends.local.checkpoint import Checkpoint
from tools.backends.local.chunking import chunks, limit
from tools.backends.local.languages import token_id, token_of
from tools.backends.local.placement import framework
from tools.backends.local.recipe import (
    NO_TEMPLATE,
    AutoRecipe,
    Inputs,
    PipelineRecipe,
    has_template,
    new_tokens,
    slices,
    stoppers,
)
from tools.errors import BadOutput, ModelError, ModelUnavailable
from tools.languages import code_of, detect
from tools.protocol import Output
from tools.thoughts import spoken


class Seq2Seq(AutoRecipe):
    """An encoder-decoder that rewrites a text, piece by piece where it is long."""

    tasks: tuple[str, ...] = ("text2text-generation",)
    autos = ("AutoModelForSeq2SeqLM",)
    half = True
    batch = 16
    growth = 1.5  # tokens that may be written for each that is read
    task = ""  # the model's own name for the task, as in its task_specific_params

    def prompt(self, inputs: Inputs, network: Any) -> str:
        """What the model was taught to read before the text, such as ``summarize:``."""
        return str((network.config.to_dict().get("task_specific_params") or {}).get(self.task, {}).get("prefix", ""))

    def options(self, inputs: Inputs, model: Any) -> Mapping[str, Any]:
        """How to generate, equal for a whole batch."""
        return {}

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """All pieces of all texts in one generation, joined per text."""
        tokenizer, network = model
        options = self.options(batch[0], model)
        prompts = [self.prompt(inputs, network) for inputs in batch]
        size = limit(tokenizer, network.config)
        pieces = [
            [prompt + piece for _, piece in chunks(tokenizer, str(inputs["text"]), size - _count(tokenizer, prompt))]
            for prompt, inputs in zip(prompts, batch, strict=True)
        ]
        flat = [piece for group in pieces for piece in group]
        texts = iter([text for some in slices(flat, self.batch) for text in self._write(model, some, options)])
        return [Output(text=" ".join(next(texts).strip() for _ in group)) for group in pieces]

    def _write(self, model: Any, pieces: Sequence[str], options: Mapping[str, Any]) -> list[str]:
        tokenizer, network = model
        tokens = tokenizer(list(pieces), padding=True, return_tensors="pt")
        most = new_tokens(network, 32 + int(self.growth * tokens["input_ids"].shape[1]))
        with framework().inference_mode():
            made = network.generate(
                **tokens.to(network.device), max_new_tokens=most, stopping_criteria=stoppers(), **options
            )
        return list(tokenizer.batch_decode(made, skip_special_tokens=True))


class Summarization(Seq2Seq):
    """A shorter text; a long one is the summaries of its pieces."""

    tasks: tuple[str, ...] = ("summarization",)
    growth = 0.4
    task = "summarization"


class Translation(Seq2Seq):
    """A text in another language; the source language is detected where a model must be told."""

    tasks: tuple[str, ...] = ("translation",)
    growth = 3.0  # some scripts take several tokens a word
    task = "translation"

    def group(self, inputs: Inputs) -> Hashable:
        """Only calls from the same into the same language run together."""
        return detect(str(inputs["text"])), _target(inputs)

    def prompt(self, inputs: Inputs, network: Any) -> str:
        """T5's ``translate English to German:``, which names one of the pairs that it was taught."""
        tasks = network.config.to_dict().get("task_specific_params") or {}
        prefixes = {name: str(values.get("prefix", "")) for name, values in tasks.items() if name.startswith(self.task)}
        if not prefixes:
            return ""
        pair = f"translation_{detect(str(inputs['text']))}_to_{_target(inputs)}"
        if pair not in prefixes:
            raise ModelUnavailable(f"This model translates only {', '.join(sorted(prefixes))}: choose another model.")
        return prefixes[pair]

    def options(self, inputs: Inputs, model: Any) -> Mapping[str, Any]:
        """The target language's own first token, for models of many languages."""
        tokenizer, _ = model
        if not getattr(tokenizer, "src_lang", None):
            return {}
        tokenizer.src_lang = token_of(tokenizer, detect(str(inputs["text"])))
        return {"forced_bos_token_id": token_id(tokenizer, _target(inputs))}


class TextGeneration(PipelineRecipe):
    """A continuation of a prompt; the reply to it where the model was taught to chat."""

    tasks: tuple[str, ...] = ("text-generation",)
    pipeline = "text-generation"
    autos = ("AutoModelForCausalLM",)
    half = True
    longest, shortest = 1024, 16  # tokens of an answer: a page and a half, and what is not worth the call

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """One prompt after the other: padding on the left changes some models' words."""
        return [self._write(model, str(inputs["text"])) for inputs in batch]

    def _write(self, model: Any, text: str) -> Output:
        chat = model.tokenizer.chat_template is not None
        read = limit(model.tokenizer, model.model.config, default=2**17) - _count(model.tokenizer, text)
        if read < self.shortest:
            raise ModelError("The text is too long for this model: choose another, or have it summarised first.")
        options = {"max_new_tokens": min(read, new_tokens(model.model, self.longest)), "stopping_criteria": stoppers()}
        if chat:
            options["tokenizer_encode_kwargs"] = {"enable_thinking": False}
        prompt = [{"role": "user", "content": text}] if chat else text
        made = str(model(prompt, return_full_text=False, **options)[0]["generated_text"])
        if made.strip() and not spoken(made):
            raise BadOutput("The model only thought and never answered: choose one that thinks less.")
        return Output(text=spoken(made))


class Conversational(TextGeneration):
    """A reply to a message."""

    tasks: tuple[str, ...] = ("conversational",)

    def objection(self, checkpoint: Checkpoint) -> str | None:
        """Chat models come with a template for their messages."""
        return None if has_template(checkpoint) else NO_TEMPLATE


def _target(inputs: Inputs) -> str:
    return code_of(str(inputs.get("language") or "English"))


def _count(tokenizer: Any, text: str) -> int:
    return len(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])
