"""Images in, words out: captions, answers, instructions followed."""

from collections.abc import Sequence
from typing import Any

from PIL import Image

from tools.backends.local.checkpoint import Checkpoint
from tools.backends.local.placement import Placement, framework
from tools.backends.local.recipe import (
    NO_TEMPLATE,
    AutoRecipe,
    Inputs,
    PipelineRecipe,
    has_template,
    load_model,
    new_tokens,
    pretrained,
    stoppers,
)
from tools.errors import BadOutput, ModelError, ModelUnavailable
from tools.findings import labelled
from tools.protocol import Output
from tools.thoughts import spoken


class EncoderDecoderCaption(AutoRecipe):
    """A caption, or the text of a line, by a vision encoder and a text decoder, such as ViT-GPT2 and TrOCR."""

    tasks: tuple[str, ...] = ("image-to-text",)
    classes = ("VisionEncoderDecoderModel",)
    half = True
    batch = 8

    def load(self, checkpoint: Checkpoint, place: Placement) -> Any:
        """Tokenizer and image processor apart: these checkpoints have no common processor."""
        processors = pretrained("AutoTokenizer", checkpoint), pretrained("AutoImageProcessor", checkpoint)
        return processors, load_model("VisionEncoderDecoderModel", checkpoint, place)

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """All images at once: the processor makes them of one size."""
        torch, ((tokenizer, processor), network) = framework(), model
        pixels = processor([b["image"] for b in batch], return_tensors="pt").pixel_values
        with torch.inference_mode():
            made = network.generate(
                pixels.to(network.device, network.dtype),
                max_new_tokens=new_tokens(network, 64),
                stopping_criteria=stoppers(),
            )
        return [Output(text=text.strip()) for text in tokenizer.batch_decode(made, skip_special_tokens=True)]


class VisualQuestionAnswering(AutoRecipe):
    """An answer by a model made for it: a classifier (ViLT) or a generator (BLIP)."""

    tasks: tuple[str, ...] = ("visual-question-answering",)
    autos = ("AutoModelForVisualQuestionAnswering",)
    processor = "AutoProcessor"

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """One image after the other: each is resized by its own shape."""
        return [self._answer(model, b["image"], str(b["question"])) for b in batch]

    def _answer(self, model: Any, image: Image.Image, question: str) -> Output:
        torch, (processor, network) = framework(), model
        longest = getattr(processor.tokenizer, "model_max_length", 512)
        if len(processor.tokenizer(question, verbose=False)["input_ids"]) > longest:
            raise ModelError("The question is too long for this model: ask it in fewer words.")
        tokens = processor(image, question, return_tensors="pt").to(network.device, network.dtype)
        with torch.inference_mode():
            if network.can_generate() or hasattr(network, "text_decoder"):
                made = network.generate(**tokens, max_new_tokens=new_tokens(network, 20))
                return Output(text=processor.decode(made[0], skip_special_tokens=True).strip())
            scores = network(**tokens).logits[0].float().sigmoid().tolist()
        names = network.config.id2label
        answers = labelled([{"label": names[i], "score": score} for i, score in enumerate(scores)])
        return Output(text=answers.data[0]["label"], data=answers.data)


class Chat(PipelineRecipe):
    """A model that chats about images, by its chat template."""

    tasks: tuple[str, ...] = ("image-text-to-text",)
    pipeline = "image-text-to-text"
    autos = ("AutoModelForImageTextToText",)
    half = True
    longest = 512  # tokens of an answer

    def objection(self, checkpoint: Checkpoint) -> str | None:
        """Chat models come with a template for their messages."""
        return None if has_template(checkpoint) else NO_TEMPLATE

    def processors(self, checkpoint: Checkpoint) -> dict[str, Any]:
        """Processors of models that also watch video ask for torchvision: leave their video part out."""
        try:
            return {"processor": pretrained("AutoProcessor", checkpoint)}
        except ImportError:
            return {"processor": _without_video(checkpoint)}

    def question(self, inputs: Inputs) -> str:
        """What to ask about the image."""
        return str(inputs["text"])

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """One image after the other: images of differing sizes do not batch."""
        return [self._ask(model, inputs["image"], self.question(inputs)) for inputs in batch]

    def _ask(self, model: Any, image: Image.Image, question: str) -> Output:
        content = [{"type": "image", "image": image}, {"type": "text", "text": question}]
        made = model(
            text=[{"role": "user", "content": content}],
            max_new_tokens=new_tokens(model.model, self.longest),
            return_full_text=False,
            generate_kwargs={"stopping_criteria": stoppers()},
        )
        answer = spoken(str(made[0]["generated_text"]))
        if not answer:
            raise BadOutput("The model said nothing about the image: choose another model.")
        return Output(text=answer)


class Describe(Chat):
    """A caption by a chat model."""

    tasks: tuple[str, ...] = ("image-to-text",)

    def question(self, inputs: Inputs) -> str:
        """The same for every image."""
        return "Describe this image, and quote any text that is printed in it."


class VisualAnswer(Chat):
    """An answer by a chat model."""

    tasks: tuple[str, ...] = ("visual-question-answering",)

    def question(self, inputs: Inputs) -> str:
        """The user's question, to be answered briefly."""
        return f"{inputs['question']} Answer briefly."


class Caption(PipelineRecipe):
    """A caption by a model that does nothing else, such as BLIP or GIT."""

    tasks: tuple[str, ...] = ("image-to-text",)
    pipeline = "image-text-to-text"
    autos = ("AutoModelForImageTextToText",)
    half = True

    def objection(self, checkpoint: Checkpoint) -> str | None:
        """Whatever has a chat template is asked through it."""
        return "is a chat model" if has_template(checkpoint) else None

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """The pipeline insists on a text; an empty one makes the plain caption."""
        made = [model(images=b["image"], text="", max_new_tokens=new_tokens(model.model, 64)) for b in batch]
        return [Output(text=str(result[0]["generated_text"]).strip()) for result in made]


class DocumentQuestionAnswering(PipelineRecipe):
    """An answer from a scanned page: its words and their places are read by OCR first where the model needs them."""

    tasks: tuple[str, ...] = ("document-question-answering",)
    pipeline = "document-question-answering"
    autos = ("AutoModelForDocumentQuestionAnswering",)
    classes = ("VisionEncoderDecoderModel",)

    def run(self, model: Any, batch: Sequence[Inputs]) -> Sequence[Output]:
        """One page after the other."""
        return [self._answer(model, b["image"], str(b["question"])) for b in batch]

    def _answer(self, model: Any, image: Image.Image, question: str) -> Output:
        reads_pixels = model.model.config.model_type == "vision-encoder-decoder"
        words = {} if reads_pixels else {"word_boxes": _words(image)}
        answers = model(image=image, question=question, **words)
        best = answers[0] if isinstance(answers, list) else answers
        if not best["answer"]:
            raise BadOutput("No answer was found on the page: ask in other words, or give a sharper scan.")
        data = {"answer": best["answer"]} | ({"score": round(best["score"], 4)} if "score" in best else {})
        return Output(text=str(best["answer"]).strip(), data=data)


def _words(image: Image.Image) -> list[tuple[str, tuple[int, int, int, int]]]:
    """The words of a page with their boxes, in thousandths of its width and height, as LayoutLM reads them."""
    try:
        from tools.files.ocr import read

        lines = read(image).data["lines"]
    except ModuleNotFoundError as error:
        raise ModelUnavailable("Reading a page needs OCR: install the extra 'embedded'.") from error
    return [(line["text"], _thousandths(line["box"], image.size)) for line in lines]


def _thousandths(box: Sequence[tuple[int, int]], size: tuple[int, int]) -> tuple[int, int, int, int]:
    xs, ys = ([min(1000, max(0, 1000 * p[axis] // size[axis])) for p in box] for axis in (0, 1))
    return min(xs), min(ys), max(xs), max(ys)


def _without_video(checkpoint: Checkpoint) -> Any:
    """The model's processor with no video part: that one alone would need torchvision."""
    import transformers

    name = transformers.AutoConfig.from_pretrained(checkpoint.folder).model_type
    kind = transformers.models.auto.processing_auto.PROCESSOR_MAPPING_NAMES[name]
    base = getattr(transformers, kind)

    class ImagesOnly(base):  # type: ignore[misc, valid-type]  # the base is known only at run time
        def check_argument_for_proper_class(self, name: str, value: Any) -> Any:
            return type(None) if value is None else super().check_argument_for_proper_class(name, value)

    tokenizer, images = pretrained("AutoTokenizer", checkpoint), pretrained("AutoImageProcessor", checkpoint)
    return ImagesOnly(images, tokenizer, video_processor=None, chat_template=_template(checkpoint, tokenizer))


def _template(checkpoint: Checkpoint, tokenizer: Any) -> str | None:
    file = checkpoint.folder / "chat_template.jinja"
    return file.read_text(encoding="utf-8") if file.exists() else tokenizer.chat_template
