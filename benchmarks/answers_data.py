"""What people ask for, on what files, and the rules by which an answer to it is judged."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.support import paperwork as made

EXAMPLES = Path(__file__).parent.parent / "examples"


@dataclass(frozen=True)
class Reply:
    """What a person is told, without how it came about; the files made, and whether anything ran to its end."""

    text: str
    files: list[Path]
    done: bool
    before: str = ""  # what was told the turn before


Rule = Callable[[Reply], bool]


@dataclass(frozen=True)
class Wish:
    """One thing that a request wants. ``name`` is how a reply speaks of it that has not done it (an expression)."""

    met: Rule
    name: str


@dataclass(frozen=True)
class Case:
    """One conversation; its last turn is judged. ``wrong`` must not be told; ``beyond`` needs a model, and must name it."""

    kind: str
    turns: tuple[str, ...]
    wishes: tuple[Wish, ...]
    files: dict[str, Callable[[Path], None]] = field(default_factory=dict)
    wrong: str = r"\0"
    beyond: bool = False


def says(pattern: str, name: str = "", *, longest: int = 100_000) -> Wish:
    """The reply says this, in no more characters than that."""
    return Wish(lambda r: bool(re.search(pattern, r.text, re.I | re.S)) and len(r.text) <= longest, name or pattern)


def makes(ending: str, name: str, rule: Callable[[Path], bool] = lambda _: True) -> Wish:
    """A file with this ending is made that keeps the rule."""
    return Wish(lambda r: any(file.suffix in ending.split() and rule(file) for file in r.files), name)


def _picture(rule: Callable[[Image.Image], bool]) -> Callable[[Path], bool]:
    def checked(path: Path) -> bool:
        with Image.open(path) as opened:
            return rule(opened)

    return checked


def _grey(picture: Image.Image) -> bool:
    pixels = np.asarray(picture.convert("RGB"), np.int16)
    return bool(np.abs(pixels[..., 0] - pixels[..., 2]).max() < 8)


def _seconds(low: float, high: float) -> Callable[[Path], bool]:
    def checked(path: Path) -> bool:
        import av

        with av.open(str(path)) as opened:
            return low <= (opened.duration or 0) / 1e6 <= high

    return checked


def _louder(path: Path) -> bool:
    import soundfile

    return bool(np.abs(soundfile.read(path)[0]).max() > 0.2)


def _sentences(least: int, most: int) -> Wish:
    def met(reply: Reply) -> bool:
        return least <= len(re.findall(r"[.!?](?=\s|$)", reply.text.split("\n\n")[0])) <= most

    return Wish(met, "sentence")


def _bullets(count: int) -> Wish:
    return Wish(lambda r: len(re.findall(r"^[-*•] ", r.text, re.M)) == count, "bullet|point")


_ASTRONAUT = {"astronaut.jpg": lambda path: path.write_bytes((EXAMPLES / "astronaut.jpg").read_bytes()) and None}
_NOTICE = {"notice.png": lambda path: path.write_bytes((EXAMPLES / "notice.png").read_bytes()) and None}
_ORDERS = {"orders.csv": made.written(made.ORDERS)}
_LETTER = {"letter.txt": made.written(made.LETTER)}
_ROWS = Wish(
    lambda r: all(re.search(rf"{name}\W+{price}\b", r.text, re.I) for name, price in made.RECEIPT), "line|price"
)
_SIGN = says("road closed.*bridge")
_FACE = says("1 face|one face", "face")
_NEEDS = says(r"needs a .*model|HF_TOKEN|pip install", longest=420)


def _single(kind: str, request: str, files: dict[str, Callable[[Path], None]], *wishes: Wish, **more: object) -> Case:
    return Case(kind, (request,), wishes, files, **more)  # type: ignore[arg-type]  # wrong and beyond


CASES: tuple[Case, ...] = (
    # Reading pictures
    _single("reading", "How much are the tickets?", {"poster.png": made.poster}, says(r"12\.50", longest=160), wrong="concert.example"),
    _single("reading", "What is the total?", {"receipt.png": made.receipt}, says(r"23\.40", longest=160)),
    _single("reading", "Read this receipt", {"receipt.png": made.receipt}, _ROWS),
    _single("reading", "read this receipt please", {"tilted.png": lambda path: made.receipt(path, 12)}, _ROWS),
    _single("reading", "What does it say?", {"sideways.png": made.sign(lambda p: p.rotate(90, expand=True))}, _SIGN),
    _single("reading", "What does it say?", {"turned.png": made.sign(lambda p: p.rotate(180))}, _SIGN),
    _single("reading", "what does the sign say?", {"night.png": made.sign(made.dark)}, _SIGN),
    _single("reading", "read the text in this photo", {"blurry.png": made.sign(made.blurred)}, _SIGN),
    _single("reading", "What does the QR code say?", {"poster.png": made.poster}, says("concert.example/info")),
    _single("reading", "Read it", {"pale.png": lambda p: made.lines(*made.SIGN, size=52, paper="#e8e8e8", ink="#c4c4c4").save(p)}, _SIGN),
    _single("reading", "Read this notice and tell me whether its tone is positive", _NOTICE, says("Welcome to our garden"), says("positive", "tone|sentiment")),
    _single("reading", "Translate this sign into German", {"sign.png": made.sign(lambda p: p)}, _NEEDS, beyond=True),
    _single("reading", "Describe this picture", _ASTRONAUT, _NEEDS, beyond=True),
    # Pages
    _single("pages", "Read page 2", {"scan.pdf": made.pages}, Wish(lambda r: "400 euros" in r.text and "roof" not in r.text, "page")),
    _single("pages", "Read all pages", {"scan.tif": made.pages}, says("roof.*400 euros.*9 June", "page")),
    _single("pages", "When is the next meeting?", {"scan.pdf": made.pages}, says("9 June", longest=160)),
    _single("pages", "What does page 2 say?", {"minutes.pdf": made.pdf}, Wish(lambda r: "400 euros" in r.text and "roof" not in r.text, "page")),
    # Documents
    _single("documents", "Summarise this letter in two sentences", {"letter.docx": made.docx}, says("library|move"), _sentences(2, 2)),
    _single("documents", "Who signed the letter?", {"letter.docx": made.docx}, says("Maria Lindqvist", longest=160)),
    _single("documents", "What is the deadline for volunteers?", {"letter.odt": made.odt}, says("14 March", longest=160)),
    _single("documents", "Read these slides", {"slides.pptx": made.pptx}, says("roof.*400 euros.*9 June")),
    _single("documents", "Summarise this book in one sentence", {"keeper.epub": made.epub}, says("harbour|keeper|ship"), _sentences(1, 1)),
    _single("documents", "Give me the key points as 3 bullets", _LETTER, says("library|move"), _bullets(3)),
    _single("documents", "Which language is this text in?", _LETTER, says("English", longest=120)),
    _single("documents", "Summarise this", {"empty.txt": lambda path: path.touch()}, says("empty", longest=200), beyond=True),
    _single("documents", "Translate this letter into French", _LETTER, _NEEDS, beyond=True),
    # Tables
    _single("tables", "How many orders are from the North region?", _ORDERS, says(r"\b3\b|three", longest=200)),
    _single("tables", "What is the total quantity?", _ORDERS, says(r"\b60\b", longest=200)),
    _single("tables", "Which product has the highest price?", _ORDERS, says("Table", longest=200)),
    _single("tables", "What is the average price?", _ORDERS, says(r"56\.7|56\.8", longest=200)),
    _single("tables", "Show only the rows where quantity is over 10", _ORDERS, Wish(lambda r: all(n in r.text for n in ("Chair", "Rug", "Vase")) and "Lamp" not in r.text, "row|quantity")),
    _single("tables", "How many rows does this have?", _ORDERS, says(r"\b6\b|six", longest=200)),
    _single("tables", "What is the sum of the quantity column?", {"orders.xlsx": made.xlsx}, says(r"\b60\b", longest=200)),
    # Sound
    _single("sound", "How long is this recording?", {"tone.wav": made.tone}, says(r"\b6(?:\.0+)? ?s|0:06|6 seconds", longest=200)),
    _single("sound", "Make this louder", {"tone.wav": made.tone}, makes(".wav", "loud", _louder)),
    _single("sound", "Make it twice as fast", {"tone.wav": made.tone}, makes(".wav", "fast|speed", _seconds(2.8, 3.2))),
    _single("sound", "Keep only the first 2 seconds", {"tone.wav": made.tone}, makes(".wav", "first|second", _seconds(1.9, 2.1))),
    _single("sound", "Convert this to mp3", {"tone.wav": made.tone}, makes(".mp3", "mp3")),
    _single("sound", "Remove the noise and make it louder", {"memo.wav": made.speech}, makes(".wav", "noise"), makes(".wav", "loud", _louder)),
    _single("sound", "Transcribe this recording", {"memo.wav": made.speech}, _NEEDS, beyond=True),
    # Film
    _single("film", "How long is this film?", {"film.mp4": made.film}, says(r"\b4(?:\.0+)? ?s|0:04|4 seconds", longest=200)),
    _single("film", "Extract the sound of this video", {"film.mp4": made.film}, makes(".wav .mp3 .m4a", "sound|audio", _seconds(3.8, 4.2))),
    _single("film", "Show me the picture at 2.5 seconds", {"film.mp4": made.film}, makes(".png .jpg", "frame|picture", _picture(lambda p: np.asarray(p.convert("RGB")).mean((0, 1)).argmax() == 2))),
    _single("film", "What happens in this video?", {"film.mp4": made.film}, _NEEDS, beyond=True),
    # Pictures
    _single("pictures", "Rotate it 90 degrees to the right", _NOTICE, makes(".png", "rotat|turn", _picture(lambda p: p.size == (420, 900)))),
    _single("pictures", "Resize this to 300 pixels wide", _NOTICE, makes(".png", "size|wide", _picture(lambda p: p.size == (300, 140)))),
    _single("pictures", "Crop this to a square", _NOTICE, makes(".png", "crop|square", _picture(lambda p: p.width == p.height))),
    _single("pictures", "Convert this picture to JPEG", _NOTICE, makes(".jpg .jpeg", "JPE?G", _picture(lambda p: p.format == "JPEG"))),
    _single("pictures", "Make it half the size", {"logo.png": made.logo}, makes(".png", "half|size", _picture(lambda p: p.size == (160, 120) and p.mode == "RGBA" and p.getpixel((0, 0))[3] == 0))),  # type: ignore[index]  # a pixel of RGBA
    _single("pictures", "Make it black and white and turn it upside down", _ASTRONAUT, makes(".png", "grey|black", _picture(_grey)), Wish(lambda r: "upside down" in r.text or "180" in r.text, "upside|turn|rotat")),
    _single("pictures", "Sharpen it, brighten it and make it sepia", _ASTRONAUT, says("sharp"), says("bright"), says("sepia")),
    _single("pictures", "Find the faces in this picture, and sharpen it", _ASTRONAUT, _FACE, makes(".png", "sharp")),
    _single("pictures", "How many pixels does this picture have?", _NOTICE, says("900.{1,5}420", longest=200)),
    _single("pictures", "Remove the background", _ASTRONAUT, _NEEDS, beyond=True),
    # Speech
    _single("speech", "Say 'Bonjour tout le monde' in French", {}, makes(".wav .mp3", "French")),
    _single("speech", "Read 'good night' aloud slowly, as mp3", {}, makes(".mp3", "mp3"), says("slow")),
    _single("speech", "Read this aloud in a female voice", _LETTER, makes(".wav .mp3", "aloud"), says("female|voice")),
    # Follow-ups
    Case("follow-ups", ("Read it aloud and draw its edges", "Is its tone positive?"), (says("positive", longest=300),), _NOTICE),
    Case("follow-ups", ("Summarise this", "shorter"), (Wish(lambda r: 0 < len(r.text) < len(r.before), "short"),), _LETTER),
    Case("follow-ups", ("Make it sepia", "undo that"), (says("undo|as it was|original|before", "undo", longest=300),), _ASTRONAUT),
    Case("follow-ups", ("What does it say?", "What did I ask first?"), (says("What does it say", longest=200),), _NOTICE),
    # Talk
    _single("talk", "hi", {}, says("hello|hi", longest=300), wrong="segment|keypoint|bm25"),
    _single("talk", "What can you do?", {}, says("read|picture", longest=700)),
    _single("talk", "blorf the wug", {}, says(r"understand|mean|rephrase|what .*do", longest=420), beyond=True),
)  # fmt: skip
