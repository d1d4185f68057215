"""Files as people have them, made by code: receipts, tilted scans, dark photos, office documents, sounds, films."""

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

RECEIPT = (("Bread", "2.80"), ("Cheese", "7.45"), ("Apples", "3.15"), ("Coffee", "10.00"), ("TOTAL", "23.40"))
SIGN = ("Road closed", "Use the bridge instead")
PAGES = (
    ("Minutes of the meeting", "The roof will be repaired in May."),
    ("Budget", "The garden gets 400 euros."),
    ("Dates", "The next meeting is on 9 June."),
)
LETTER = (
    "The library moves to the old station in spring. The new rooms are twice as large as those of today. "
    "Children get a floor of their own with a stage. Books can be returned at any hour of the day. "
    "The move costs the town two million euros. Volunteers are asked to carry the rare books by hand. "
    "The deadline for volunteers is 14 March. The library stays closed for two weeks during the move."
)
BOOK = (
    "It rained on the harbour all day. The old keeper lit the lamp early. No ship came in that night. He slept badly."
)
ORDERS = (
    "product,region,quantity,price\nLamp,North,4,25.50\nChair,South,12,40.00\nTable,North,2,120.00\n"
    "Rug,East,15,60.25\nShelf,North,7,80.00\nVase,South,20,15.00\n"
)


def receipt(path: Path, tilt: float = 0) -> None:
    """A receipt, turned by so many degrees, as a phone held askew takes it."""
    page = Image.new("RGB", (620, 560), "white")
    draw = ImageDraw.Draw(page)
    draw.text((190, 30), "CORNER SHOP", fill="black", font=_font(34))
    for row, (name, price) in enumerate(RECEIPT):
        draw.text((60, 120 + row * 78), name, fill="black", font=_font(30))
        draw.text((440, 120 + row * 78), price, fill="black", font=_font(30))
    page.rotate(tilt, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC).save(path)


def poster(path: Path) -> None:
    """Prices beside a QR code that leads elsewhere."""
    import cv2

    page = lines("Harbour concert", "Tickets cost 12.50 euros", "Doors open at 19:30")
    code = Image.fromarray(np.asarray(cv2.QRCodeEncoder.create().encode("https://concert.example/info"), np.uint8))
    side = code.width * 6
    page.paste(code.resize((side, side), Image.Resampling.NEAREST), (page.width - side - 30, page.height - side - 30))
    page.save(path)


def lines(*words: str, size: int = 36, paper: str = "white", ink: str = "black") -> Image.Image:
    """A page with these lines."""
    page = Image.new("RGB", (900, 140 + 90 * max(4, len(words))), paper)
    for row, line in enumerate(words):
        ImageDraw.Draw(page).text((60, 60 + row * 90), line, fill=ink, font=_font(size))
    return page


def sign(change: Callable[[Image.Image], Image.Image]) -> Callable[[Path], None]:
    """The sign, after something has happened to the photo."""
    return lambda path: change(lines(*SIGN, size=52)).save(path)


def dark(picture: Image.Image) -> Image.Image:
    """A photo taken at night, with the noise of its sensor."""
    pixels = np.asarray(ImageEnhance.Brightness(picture).enhance(0.12), np.float32)
    noisy = pixels + np.random.default_rng(3).normal(0, 3, pixels.shape)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def blurred(picture: Image.Image) -> Image.Image:
    """A photo out of focus."""
    return picture.filter(ImageFilter.GaussianBlur(4))


def pages(path: Path) -> None:
    """Three scanned pages as a PDF or TIFF: pictures, no text."""
    first, *rest = [lines(*words, size=44) for words in PAGES]
    first.save(path, save_all=True, append_images=rest, resolution=110)


def logo(path: Path) -> None:
    """A red disc on nothing."""
    picture = Image.new("RGBA", (320, 240), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((80, 40, 240, 200), fill=(200, 30, 30, 255))
    picture.save(path)


def tone(path: Path, seconds: float = 6, loud: float = 0.05) -> None:
    """A quiet tone."""
    import soundfile

    time = np.arange(int(16_000 * seconds)) / 16_000
    soundfile.write(path, (loud * np.sin(2 * np.pi * 330 * time)).astype(np.float32), 16_000)


def speech(path: Path) -> None:
    """A spoken sentence with hiss behind it."""
    import soundfile

    from tools.experts.speech import speak
    from tools.protocol import Audio

    (spoken,) = speak("The ferry leaves at nine. Please bring your own lunch.").media
    if not isinstance(spoken, Audio):
        raise TypeError("speech is sound")
    hiss = np.random.default_rng(1).normal(0, 0.01, spoken.samples.shape)
    soundfile.write(path, spoken.samples * 0.4 + hiss, spoken.rate)


def film(path: Path, seconds: int = 4) -> None:
    """A film of 320 x 240 at 10 frames a second: each second in another colour, with a tone."""
    import av

    with av.open(str(path), "w") as container:
        picture, sound = container.add_stream("libx264", rate=10), container.add_stream("aac", rate=16_000)
        picture.width, picture.height, picture.pix_fmt = 320, 240, "yuv420p"
        for number in range(seconds * 10):
            colour = ((230, 30, 30), (30, 200, 30), (30, 30, 230), (220, 220, 40))[number // 10 % 4]
            frame = av.VideoFrame.from_image(Image.new("RGB", (320, 240), colour))
            container.mux(picture.encode(frame))
        container.mux(picture.encode())
        wave = 0.2 * np.sin(2 * np.pi * 440 * np.arange(seconds * 16_000, dtype=np.float32) / 16_000)
        for start in range(0, len(wave), 1024):
            piece = av.AudioFrame.from_ndarray(wave[None, start : start + 1024].astype(np.float32), "fltp", "mono")
            piece.sample_rate, piece.pts = 16_000, start
            container.mux(sound.encode(piece))
        container.mux(sound.encode())


def docx(path: Path, words: Sequence[str] = (LETTER, "Signed: Maria Lindqvist, director")) -> None:
    """A letter as Word writes it."""
    body = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in words)
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    _zip(path, {**_office("word/document.xml", "wordprocessingml.document"),
                "word/document.xml": f"<w:document {space}><w:body>{body}</w:body></w:document>"})  # fmt: skip


def odt(path: Path) -> None:
    """The letter as LibreOffice writes it."""
    names = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = f'xmlns:office="{names}:office:1.0" xmlns:text="{names}:text:1.0"'
    text = f"<office:text><text:p>{LETTER}</text:p></office:text>"
    content = f"<office:document-content {spaces}><office:body>{text}</office:body></office:document-content>"
    _zip(path, {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})


def pptx(path: Path) -> None:
    """Three slides."""
    names = "http://schemas.openxmlformats.org"
    spaces = f'xmlns:a="{names}/drawingml/2006/main" xmlns:p="{names}/presentationml/2006/main"'
    parts = _office("ppt/presentation.xml", "presentationml.presentation.main")
    parts["ppt/presentation.xml"] = f"<p:presentation {spaces}/>"
    for number, words in enumerate(PAGES, 1):
        runs = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in words)
        shape = f"<p:sp><p:txBody>{runs}</p:txBody></p:sp>"
        parts[f"ppt/slides/slide{number}.xml"] = (
            f"<p:sld {spaces}><p:cSld><p:spTree>{shape}</p:spTree></p:cSld></p:sld>"
        )
    _zip(path, parts)


def epub(path: Path) -> None:
    """A short book."""
    container = '<container><rootfiles><rootfile full-path="book.opf"/></rootfiles></container>'
    manifest = '<manifest><item id="c" href="one.xhtml"/></manifest>'
    package = f'<package>{manifest}<spine><itemref idref="c"/></spine></package>'
    chapter = f"<html><head><title>Keeper</title></head><body><h1>The keeper</h1><p>{BOOK}</p></body></html>"
    _zip(path, {"mimetype": "application/epub+zip", "META-INF/container.xml": container,
                "book.opf": package, "one.xhtml": chapter})  # fmt: skip


def xlsx(path: Path) -> None:
    """The orders as a workbook, with its texts inline."""
    rows = [line.split(",") for line in ORDERS.splitlines()]
    cells = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
    names = "http://schemas.openxmlformats.org"
    parts = _office("xl/workbook.xml", "spreadsheetml.sheet.main")
    parts["xl/workbook.xml"] = (
        f'<workbook xmlns="{names}/spreadsheetml/2006/main" xmlns:r="{names}/officeDocument/2006/relationships">'
        '<sheets><sheet name="Orders" sheetId="1" r:id="r1"/></sheets></workbook>'
    )
    parts["xl/_rels/workbook.xml.rels"] = _relations("worksheet", "worksheets/sheet1.xml")
    parts["xl/worksheets/sheet1.xml"] = (
        f'<worksheet xmlns="{names}/spreadsheetml/2006/main"><sheetData>{cells}</sheetData></worksheet>'
    )
    _zip(path, parts)


def _cell(value: str) -> str:
    number = value.replace(".", "").isdigit()
    return f"<c><v>{value}</v></c>" if number else f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def _office(part: str, kind: str) -> dict[str, str]:
    """What every package of Office Open XML begins with."""
    types = f"application/vnd.openxmlformats-officedocument.{kind}+xml"
    override = f'<Override PartName="/{part}" ContentType="{types}"/>'
    default = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    space = 'xmlns="http://schemas.openxmlformats.org/package/2006/content-types"'
    return {"[Content_Types].xml": f"<Types {space}>{default}{override}</Types>",
            "_rels/.rels": _relations("officeDocument", part)}  # fmt: skip


def _relations(kind: str, target: str) -> str:
    names = "http://schemas.openxmlformats.org"
    relation = f'<Relationship Id="r1" Type="{names}/officeDocument/2006/relationships/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{names}/package/2006/relationships">{relation}</Relationships>'


def _zip(path: Path, parts: dict[str, str]) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            head = "" if name == "mimetype" else '<?xml version="1.0" encoding="UTF-8"?>'
            archive.writestr(name, head + content)
    path.write_bytes(buffer.getvalue())


def written(words: str) -> Callable[[Path], None]:
    """A file with this text."""

    def write(path: Path) -> None:
        path.write_text(words, encoding="utf-8")

    return write


def pdf(path: Path, texts: Sequence[Sequence[str]] = PAGES) -> None:
    """A PDF with text, a page each."""
    fonts = "<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    kids = " ".join(f"{3 + 2 * number} 0 R" for number in range(len(texts)))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(texts)} >>"]
    for number, words in enumerate(texts):
        shown = " ".join(f"({line}) Tj 0 -30 Td" for line in words)
        stream = f"BT /F 18 Tf 60 700 Td {shown} ET"
        box, content = "/MediaBox [0 0 600 800]", 4 + 2 * number
        objects += [f"<< /Type /Page /Parent 2 0 R {box} /Resources {fonts} /Contents {content} 0 R >>",
                    f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream"]  # fmt: skip
    body, places = "%PDF-1.4\n", []
    for number, written_object in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{written_object}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    start = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    path.write_text(f"{body}{start}trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n")


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
