"""The tools find what the libraries' own calls find, on the same tiny weights: nobody here wrote what is compared with.

The references are transformers' pipelines, diffusers' pipeline calls, sentence-transformers, and for the rest the call
that the model's card documents.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers as tf
from PIL import Image

from tests.support import EXAMPLES
from tests.tools.backends.local.conftest import picture, tone
from tools.backends.local import Local
from tools.backends.local.checkpoint import read
from tools.backends.local.habits import habits
from tools.files import frames, media
from tools.files.ocr import read as read_page
from tools.protocol import Call, Output

Calls = Callable[..., Call]
TEXT = "Ada Lovelace lived in London."
LABELS = ["a cat", "a dog"]


@cache
def pipe(task: str, folder: str, **options: Any) -> Any:
    return tf.pipeline(task, model=folder, device="cpu", model_kwargs={"use_safetensors": True}, **options)


def scores(found: Any) -> dict[str, float]:
    return {entry["label"]: entry["score"] for entry in found}


def assert_scores(output: Output, reference: Any) -> None:
    expected = scores(reference)
    assert scores(output.data) == pytest.approx({label: expected[label] for label in scores(output.data)}, abs=1e-3)
    assert output.data[0]["label"] == max(expected, key=expected.__getitem__)


async def both(local: Local, call: Calls, name: str, **inputs: Any) -> tuple[Output, str]:
    request = call(name, **inputs)
    return await local.run(request), request.candidate.model


async def test_text_classes(local: Local, call: Calls) -> None:
    output, folder = await both(local, call, "text-classification", text=TEXT)
    assert_scores(output, pipe("text-classification", folder)(TEXT, top_k=None))


async def test_labels_of_the_users_choice(local: Local, call: Calls) -> None:
    output, folder = await both(local, call, "zero-shot-classification", text=TEXT, labels=LABELS)
    found = pipe("zero-shot-classification", folder)(TEXT, candidate_labels=LABELS)
    assert scores(output.data) == pytest.approx(dict(zip(found["labels"], found["scores"], strict=True)), abs=1e-3)


async def test_entities_with_their_offsets(local: Local, call: Calls) -> None:
    output, folder = await both(local, call, "token-classification", text=TEXT)
    found = pipe("token-classification", folder, aggregation_strategy="simple")(TEXT)
    assert [(e["label"], e["start"], e["end"]) for e in output.data] == [
        (e["entity_group"], e["start"], e["end"]) for e in found
    ]
    assert [e["score"] for e in output.data] == pytest.approx([float(e["score"]) for e in found], abs=1e-3)


async def test_words_for_a_mask(local: Local, call: Calls) -> None:
    output, folder = await both(local, call, "fill-mask", text="the [MASK] cat")
    found = pipe("fill-mask", folder)("the [MASK] cat")
    assert [e["label"] for e in output.data] == [e["token_str"].strip() for e in found]
    assert [e["score"] for e in output.data] == pytest.approx([e["score"] for e in found], abs=1e-3)


async def test_the_span_that_answers(local: Local, call: Calls) -> None:
    """As the model class's documentation decodes it: the likeliest end of each start, the context alone."""
    question = "Where does she live?"
    output, folder = await both(local, call, "question-answering", question=question, context=TEXT)
    tokenizer = tf.AutoTokenizer.from_pretrained(folder)
    model = tf.AutoModelForQuestionAnswering.from_pretrained(folder)
    tokens = tokenizer(question, TEXT, return_tensors="pt", return_offsets_mapping=True)
    offsets, kinds = tokens.pop("offset_mapping")[0].tolist(), tokens.sequence_ids()
    with torch.no_grad():
        logits = model(**tokens)
    inside = [i for i, kind in enumerate(kinds) if kind == 1]
    start, end = (each[0][inside].softmax(-1) for each in (logits.start_logits, logits.end_logits))
    spans = [(float(start[i] * end[j]), i, j) for i in range(len(inside)) for j in range(i, min(i + 30, len(inside)))]
    best, i, j = max(spans)
    first, last = offsets[inside[i]][0], offsets[inside[j]][1]
    assert (output.data["answer"], output.data["start"], output.data["end"]) == (TEXT[first:last], first, last)
    assert output.data["score"] == pytest.approx(best, abs=1e-3)


async def test_cells_of_a_table(local: Local, call: Calls) -> None:
    output, folder = await both(local, call, "table-question-answering", question="How old is Ada?")
    table = media.table(Path(call("table-question-answering").inputs["table"]))
    found = pipe("table-question-answering", folder)(table=table, query="How old is Ada?", truncation=True)
    assert output.data == {key: found[key] for key in ("answer", "cells", "aggregator") if key in found}


@pytest.mark.parametrize("name", ["summarization", "text2text-generation", "translation:marian"])
async def test_words_rewritten(name: str, local: Local, call: Calls) -> None:
    output, folder = await both(local, call, name, text=TEXT)
    tokenizer, model = tf.AutoTokenizer.from_pretrained(folder), tf.AutoModelForSeq2SeqLM.from_pretrained(folder)
    made = model.generate(**tokenizer(TEXT, return_tensors="pt"), max_new_tokens=8)
    assert output.text == tokenizer.decode(made[0], skip_special_tokens=True).strip()


async def test_a_translation_by_prefix(local: Local, call: Calls) -> None:
    output, folder = await both(local, call, "translation", text=TEXT, language="German")
    tokenizer, model = tf.AutoTokenizer.from_pretrained(folder), tf.AutoModelForSeq2SeqLM.from_pretrained(folder)
    tokens = tokenizer(f"translate English to German: {TEXT}", return_tensors="pt")
    assert output.text == tokenizer.decode(model.generate(**tokens, max_new_tokens=8)[0], skip_special_tokens=True)


@pytest.mark.parametrize(
    ("task", "given"),
    [("text-generation", TEXT), ("conversational", [{"role": "user", "content": TEXT}])],
)
async def test_a_text_continued_and_a_message_answered(task: str, given: Any, local: Local, call: Calls) -> None:
    """Pipelines draw words by default: the same ones for a seed. Building and loading draw, too, and so come first."""
    request = call(task, text=TEXT)
    await local.run(request)
    reference = pipe("text-generation", request.candidate.model)
    tf.set_seed(7)
    output = await local.run(request)
    tf.set_seed(7)
    found = reference(given, max_new_tokens=64, return_full_text=False)
    assert output.text[:20] == str(found[0]["generated_text"]).strip()[:20]


async def test_vectors_of_texts(local: Local, call: Calls) -> None:
    from sentence_transformers import SentenceTransformer

    output, folder = await both(local, call, "feature-extraction", text=TEXT)
    expected = SentenceTransformer(folder, device="cpu").encode(TEXT, normalize_embeddings=True)
    assert np.allclose(output.data, expected, atol=1e-4)


async def test_how_alike_texts_are(local: Local, call: Calls) -> None:
    from sentence_transformers import SentenceTransformer

    output, folder = await both(local, call, "sentence-similarity", text=TEXT, others=LABELS)
    model = SentenceTransformer(folder, device="cpu")
    expected = model.similarity(model.encode([TEXT]), model.encode(LABELS))[0].tolist()
    assert {e["text"]: e["score"] for e in output.data} == pytest.approx(
        dict(zip(LABELS, expected, strict=True)), abs=1e-3
    )


async def test_texts_ranked(local: Local, call: Calls) -> None:
    from sentence_transformers import CrossEncoder

    output, folder = await both(local, call, "text-ranking", query=TEXT, texts=LABELS)
    expected = CrossEncoder(folder, device="cpu").rank(TEXT, LABELS)
    assert [e["index"] for e in output.data] == [each["corpus_id"] for each in expected]
    assert [e["score"] for e in output.data] == pytest.approx([float(each["score"]) for each in expected], abs=1e-3)


async def test_classes_of_an_image(local: Local, call: Calls) -> None:
    output, folder = await both(local, call, "image-classification", image=picture())
    assert_scores(output, pipe("image-classification", folder)(picture()))


async def test_labels_for_an_image(local: Local, call: Calls) -> None:
    output, folder = await both(local, call, "zero-shot-image-classification", image=picture(), labels=LABELS)
    assert_scores(output, pipe("zero-shot-image-classification", folder)(picture(), candidate_labels=LABELS))


@pytest.mark.parametrize(
    ("task", "options"),
    [
        ("object-detection", {"threshold": 0.5}),
        ("zero-shot-object-detection", {"candidate_labels": LABELS, "threshold": 0.1}),
    ],
)
async def test_objects_and_their_boxes(task: str, options: dict[str, Any], local: Local, call: Calls) -> None:
    labels = {"labels": LABELS} if "candidate_labels" in options else {}
    output, folder = await both(local, call, task, image=picture(), **labels)
    found = sorted(pipe(task, folder)(picture(), **options), key=lambda entry: -entry["score"])
    assert [(e["label"], e["box"]) for e in output.data] == [(e["label"], e["box"]) for e in found]
    assert [e["score"] for e in output.data] == pytest.approx([e["score"] for e in found], abs=1e-3)


async def test_regions_and_their_masks(local: Local, call: Calls) -> None:
    output, folder = await both(local, call, "image-segmentation", image=picture())
    found = [e for e in pipe("image-segmentation", folder)(picture()) if np.asarray(e["mask"]).any()]
    assert [e["label"] for e in output.data] == [e["label"] for e in found]
    flat = np.asarray(output.media[0])
    for entry in found:
        colours = {tuple(colour) for colour in flat[np.asarray(entry["mask"]) > 0]}
        assert len(colours) == 1  # one region, one colour


async def test_depths(local: Local, call: Calls) -> None:
    output, folder = await both(local, call, "depth-estimation", image=picture())
    with np.errstate(invalid="ignore"):
        found = pipe("depth-estimation", folder)(picture())
    values = np.asarray(found["predicted_depth"])
    assert (output.data["min"], output.data["max"]) == pytest.approx((values.min(), values.max()), abs=1e-3)


async def test_joints_of_people(local: Local, call: Calls) -> None:
    """As the card of ViTPose calls it, with the boxes of the detector beside it."""
    output, folder = await both(local, call, "keypoint-detection", image=picture())
    detected = pipe("object-detection", f"{folder}/detector")(picture(), threshold=0.3)
    boxes = [[b["xmin"], b["ymin"], b["xmax"] - b["xmin"], b["ymax"] - b["ymin"]] for b in (d["box"] for d in detected)]
    processor = tf.AutoProcessor.from_pretrained(folder)
    model = tf.VitPoseForPoseEstimation.from_pretrained(folder)
    with torch.no_grad():
        found = model(**processor(picture(), boxes=[boxes], return_tensors="pt"))
    people = processor.post_process_pose_estimation(found, boxes=[boxes])[0]
    assert len(output.data) == len(people) > 0
    for ours, theirs in zip(output.data, people, strict=True):
        places = [[round(float(x), 1), round(float(y), 1)] for x, y in theirs["keypoints"]]
        assert [[joint["x"], joint["y"]] for joint in ours] == places


async def test_the_vector_of_an_image(local: Local, call: Calls) -> None:
    output, folder = await both(local, call, "image-feature-extraction", image=picture())
    found = np.asarray(pipe("image-feature-extraction", folder)(picture()))
    assert np.allclose(output.data, found.reshape(-1, found.shape[-1]).mean(0), atol=1e-4)


async def test_an_image_enlarged(local: Local, call: Calls) -> None:
    """As the card of Swin2SR calls it."""
    output, folder = await both(local, call, "image-to-image", image=picture())
    processor = tf.AutoImageProcessor.from_pretrained(folder)
    model = tf.Swin2SRForImageSuperResolution.from_pretrained(folder)
    with torch.no_grad():
        made = model(**processor(picture(), return_tensors="pt")).reconstruction
    expected = (made[0].clamp(0, 1).permute(1, 2, 0).numpy() * 255).round().astype(int)
    ours = np.asarray(output.media[0]).astype(int)
    assert np.abs(ours - expected[: ours.shape[0], : ours.shape[1]]).max() <= 1


async def test_a_caption(local: Local, call: Calls) -> None:
    output, folder = await both(local, call, "image-to-text", image=picture())
    model, tokenizer = tf.VisionEncoderDecoderModel.from_pretrained(folder), tf.AutoTokenizer.from_pretrained(folder)
    pixels = tf.AutoImageProcessor.from_pretrained(folder)(picture(), return_tensors="pt").pixel_values
    made = model.generate(pixels, max_new_tokens=model.config.decoder.n_positions // 2)
    assert tokenizer.decode(made[0], skip_special_tokens=True).strip().startswith(str(output.text))


async def test_a_question_about_an_image(local: Local, call: Calls) -> None:
    """As the card of ViLT calls it."""
    output, folder = await both(local, call, "visual-question-answering", image=picture(), question="What colour?")
    processor, model = tf.ViltProcessor.from_pretrained(folder), tf.ViltForQuestionAnswering.from_pretrained(folder)
    with torch.no_grad():
        logits = model(**processor(picture(), "What colour?", return_tensors="pt")).logits
    assert output.text == model.config.id2label[int(logits.argmax(-1))]


async def test_an_instruction_about_an_image(local: Local, call: Calls) -> None:
    output, folder = await both(local, call, "image-text-to-text", image=picture(), text=TEXT)
    content = [{"type": "image", "image": picture()}, {"type": "text", "text": TEXT}]
    found = pipe("image-text-to-text", folder)(
        text=[{"role": "user", "content": content}], max_new_tokens=64, return_full_text=False
    )
    assert output.text[:20] == str(found[0]["generated_text"]).strip()[:20]


async def test_an_answer_on_a_page(local: Local, call: Calls) -> None:
    page, question = Image.open(EXAMPLES / "notice.png").convert("RGB"), "When is it open?"
    output, folder = await both(local, call, "document-question-answering", image=page, question=question)
    words = [
        (
            line["text"],
            [int(1000 * edge / side) for edge, side in zip(_edges(line["box"]), 2 * page.size, strict=True)],
        )
        for line in read_page(page).data["lines"]
    ]
    found = pipe("document-question-answering", folder)(image=page, question=question, word_boxes=words)
    assert output.data["answer"] == found[0]["answer"]


def _edges(corners: list[list[int]]) -> tuple[int, int, int, int]:
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


@pytest.mark.parametrize("name", ["automatic-speech-recognition", "automatic-speech-recognition:whisper"])
async def test_a_transcript(name: str, local: Local, call: Calls) -> None:
    output, folder = await both(local, call, name, audio=tone())
    heard = {"raw": tone().samples, "sampling_rate": 16000}
    assert output.text == pipe("automatic-speech-recognition", folder)(heard)["text"].strip()


async def test_classes_of_a_recording(local: Local, call: Calls) -> None:
    output, folder = await both(local, call, "audio-classification", audio=tone())
    assert_scores(output, pipe("audio-classification", folder)(tone().samples, top_k=5))


async def test_labels_for_a_recording(local: Local, call: Calls) -> None:
    sound = tone(0.5, 48000)
    output, folder = await both(local, call, "zero-shot-audio-classification", audio=sound, labels=LABELS)
    found = pipe("zero-shot-audio-classification", folder)(sound.samples, candidate_labels=LABELS)
    assert_scores(output, found)


async def test_speech(local: Local, call: Calls) -> None:
    """The flows draw noise: what is compared is the rate, and how long the same words take within a third."""
    output, folder = await both(local, call, "text-to-speech", text=TEXT)
    found = pipe("text-to-audio", folder)(TEXT)
    (sound,) = output.media
    assert sound.rate == found["sampling_rate"]
    assert len(sound.samples) == pytest.approx(found["audio"].size, rel=0.34)


async def test_classes_of_a_film(local: Local, call: Calls) -> None:
    """As the card of VideoMAE calls it."""
    request = call("video-classification")
    output, folder = await local.run(request), request.candidate.model
    shown = frames.spread(Path(request.inputs["video"]), 4)
    processor = tf.AutoImageProcessor.from_pretrained(folder)
    model = tf.VideoMAEForVideoClassification.from_pretrained(folder)
    with torch.no_grad():
        logits = model(**processor(shown, return_tensors="pt")).logits
    expected = logits.softmax(-1)[0].tolist()
    assert_scores(output, [{"label": model.config.id2label[i], "score": s} for i, s in enumerate(expected)])


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_picture_for_a_seed(seed: int, local: Local, call: Calls) -> None:
    import diffusers

    output, folder = await both(local, call, "text-to-image", text="a cat", seed=seed)
    own = diffusers.DiffusionPipeline.from_pretrained(folder, use_safetensors=True)
    own.set_progress_bar_config(disable=True)
    made = own(prompt="a cat", num_inference_steps=2, generator=torch.Generator("cpu").manual_seed(seed)).images[0]
    assert_alike(output.media[0], made)


async def test_a_picture_changed_for_a_seed(local: Local, call: Calls) -> None:
    import diffusers

    output, folder = await both(local, call, "image-to-image:diffusion", image=picture(64, 64), text="a cat", seed=3)
    own = diffusers.AutoPipelineForImage2Image.from_pretrained(folder, use_safetensors=True)
    own.set_progress_bar_config(disable=True)
    size = output.media[0].size
    made = own(
        prompt="a cat",
        image=picture(64, 64).resize(size),
        strength=0.6,
        num_inference_steps=2,
        generator=torch.Generator("cpu").manual_seed(3),
    ).images[0]
    assert_alike(output.media[0], made)


async def test_a_picture_that_follows_edges_for_a_seed(local: Local, call: Calls) -> None:
    import diffusers

    edges = picture(32, 32)
    output, folder = await both(local, call, "canny-text-to-image", image=edges, text="a cat", seed=4)
    network = diffusers.ControlNetModel.from_pretrained(folder, use_safetensors=True)
    own = diffusers.StableDiffusionControlNetPipeline.from_pretrained(
        f"{folder}/base", controlnet=network, use_safetensors=True
    )
    own.set_progress_bar_config(disable=True)
    size = output.media[0].size
    made = own(
        prompt="a cat",
        image=edges.resize(size),
        height=size[1],
        width=size[0],
        num_inference_steps=2,
        generator=torch.Generator("cpu").manual_seed(4),
    ).images[0]
    assert_alike(output.media[0], made)


async def test_films_have_their_familys_speed(local: Local, call: Calls) -> None:
    import diffusers

    request = call("text-to-video:wan")
    own = diffusers.DiffusionPipeline.from_pretrained(request.candidate.model)
    assert habits(read("wan", Path(request.candidate.model)).model, own).fps == 16


def assert_alike(ours: Image.Image, theirs: Image.Image) -> None:
    assert ours.size == theirs.size
    assert np.abs(np.asarray(ours).astype(int) - np.asarray(theirs).astype(int)).max() <= 2


async def test_a_chat_model_about_an_image(local: Local, call: Calls) -> None:
    """LLaVA, by the pipeline."""
    request = call("visual-question-answering:llava", image=picture(), question="What colour?")
    output, folder = await local.run(request), request.candidate.model
    content = [{"type": "image", "image": picture()}, {"type": "text", "text": "What colour? Answer briefly."}]
    found = pipe("image-text-to-text", folder)(
        text=[{"role": "user", "content": content}], max_new_tokens=64, return_full_text=False
    )
    assert output.text[:20] == str(found[0]["generated_text"]).strip()[:20]


async def test_music_for_a_seed(local: Local, call: Calls) -> None:
    """MusicGen draws its notes: the same ones for a seed. Loading draws, too, and so comes first."""
    request = call("text-to-audio", text=TEXT)
    await local.run(request)
    reference = pipe("text-to-audio", request.candidate.model)
    reference(TEXT, generate_kwargs={"max_new_tokens": 8})
    torch.manual_seed(7)
    (sound,) = (await local.run(request)).media
    torch.manual_seed(7)
    found = reference(TEXT, generate_kwargs={"max_new_tokens": 512})
    assert sound.rate == found["sampling_rate"]
    assert np.asarray(sound.samples).reshape(-1) == pytest.approx(np.asarray(found["audio"]).reshape(-1), abs=1e-4)


async def test_a_recording_in_another_voice_for_a_seed(local: Local, call: Calls) -> None:
    """As the card of SpeechT5 calls it; its dropout goes on where others' ends."""
    request = call("audio-to-audio", audio=tone())
    await local.run(request)
    folder = Path(request.candidate.model)
    extractor = tf.SpeechT5FeatureExtractor.from_pretrained(folder)
    model = tf.SpeechT5ForSpeechToSpeech.from_pretrained(folder).eval()
    vocoder = tf.SpeechT5HifiGan.from_pretrained(folder / "vocoder").eval()
    heard = extractor(audio=tone().samples, sampling_rate=16000, return_tensors="pt").input_values
    torch.manual_seed(7)
    (sound,) = (await local.run(request)).media
    torch.manual_seed(7)
    speaker = torch.zeros(1, model.config.speaker_embedding_dim)
    found = model.generate_speech(heard, speaker, vocoder=vocoder, maxlenratio=2.0).detach().numpy()
    assert sound.rate == 16000
    assert np.asarray(sound.samples).reshape(-1) == pytest.approx(found.reshape(-1), abs=1e-3)
