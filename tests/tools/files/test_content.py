import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage

from tools.errors import ResourceError
from tools.files.content import from_content, mentioned

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
URL = "https://example.org/a.png"
DATA = f"data:image/png;base64,{PNG}"


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "url": URL},
        {"type": "image_url", "image_url": {"url": URL, "detail": "low"}},
        {"type": "image_url", "image_url": URL},
        {"type": "input_image", "image_url": URL},
        {"type": "image", "source_type": "url", "url": URL},
        {"type": "image", "source": {"type": "url", "url": URL}},
        {"type": "image", "image": URL},
        {"type": "file", "file": {"file_url": URL}},
    ],
)
def test_a_link_is_found_in_every_spelling(block: dict[str, object]) -> None:
    assert from_content([{"type": "text", "text": "Look"}, block]) == ("Look", [URL])


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "base64": PNG, "mime_type": "image/png"},
        {"type": "image", "mimeType": "image/png", "data": PNG},
        {"type": "image", "source_type": "base64", "mime_type": "image/png", "data": PNG},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        {"type": "image_url", "image_url": {"url": DATA}},
        {"type": "input_image", "image_url": DATA},
        {"type": "file", "file": {"file_data": DATA}},
        {"type": "input_file", "file_data": DATA},
        {"type": "media", "mime_type": "image/png", "data": PNG},
    ],
)
def test_bytes_become_a_data_uri_in_every_spelling(block: dict[str, object]) -> None:
    assert from_content([block]) == ("", [DATA])


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}}, "data:audio/mp3;base64,AAAA"),
        ({"type": "audio", "base64": "AAAA"}, "data:audio/wav;base64,AAAA"),
        ({"type": "video", "base64": "AAAA", "mime_type": "video/webm"}, "data:video/webm;base64,AAAA"),
        ({"type": "file", "base64": "AAAA", "mime_type": "text/csv"}, "data:text/csv;base64,AAAA"),
        (
            {"type": "file", "data": "AAAA", "mimeType": "application/pdf", "metadata": {"filename": "my bill.pdf"}},
            "data:application/pdf;name=my%20bill.pdf;base64,AAAA",
        ),
        (
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "AAAA"}},
            "data:application/pdf;name=a.pdf;base64,AAAA",
        ),
        (
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Hi"}},
            "data:text/plain;base64,SGk=",
        ),
    ],
)
def test_sound_video_and_documents_keep_their_type_and_name(block: dict[str, object], expected: str) -> None:
    assert from_content([block]) == ("", [expected])


def test_texts_are_joined_and_what_is_not_the_users_is_left_out() -> None:
    content = ["One", {"type": "text", "text": "two"}, {"type": "reasoning", "text": "hm"}, {"type": "tool_use"}, 7]
    assert from_content(content) == ("One\ntwo", [])
    assert from_content([{"type": "file", "source_type": "text", "text": "inline"}]) == ("inline", [])
    assert from_content("plain") == ("plain", [])


def test_langchains_own_content_blocks_are_understood() -> None:
    message = HumanMessage(content=[{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": DATA}}])
    assert from_content(list(message.content_blocks)) == ("Hi", [DATA])


@pytest.mark.parametrize("block", [{"type": "file", "file": {"file_id": "file-1"}}, {"type": "image"}])
def test_an_attachment_without_bytes_or_link_is_refused(block: dict[str, object]) -> None:
    with pytest.raises(ResourceError, match="neither bytes nor a link"):
        from_content([block])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
)
KEYS = st.sampled_from(["type", "text", "url", "data", "base64", "image_url", "file", "source", "metadata", "format"])
KINDS = st.sampled_from(["text", "image", "image_url", "file", "input_audio", "other"])


@given(st.lists(st.dictionaries(KEYS, KINDS | JSON, max_size=5)))
@pytest.mark.slow
def test_any_content_gives_text_and_references_or_one_refusal(content: list[dict[str, object]]) -> None:
    try:
        text, references = from_content(list(content))
    except ResourceError:
        return
    assert isinstance(text, str)
    assert all(isinstance(each, str) and each for each in references)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Describe photo.png, please.", ["photo.png"]),
        ("What is in examples/notice.png?", ["examples/notice.png"]),
        ('Read "my holiday photo.jpg" and ./b.wav.', ["my holiday photo.jpg", "./b.wav"]),
        ("Compare (a.png) with 'b.png'", ["a.png", "b.png"]),
        ("See https://example.org/wiki/Tide_(sea).", ["https://example.org/wiki/Tide_(sea)"]),
        ("[page](https://example.org/a?b=c&d=1), ok", ["https://example.org/a?b=c&d=1"]),
        (f"What is {DATA}?", [DATA]),
        ("Transcribe ~/talk.mp3 and /home/x/two.flac", ["~/talk.mp3", "/home/x/two.flac"]),
        ("Transcribe C:\\talks\\three.wav!", ["C:\\talks\\three.wav"]),
        ("Read /etc/passwd and ../secret", ["/etc/passwd", "../secret"]),
        ("a.png a.png", ["a.png"]),
        ("Summarise letter.docx", ["letter.docx"]),
        ("Bilder/Straße.PNG ansehen", ["Bilder/Straße.PNG"]),
        ("Compare image.png/other things", []),
        ("Speak this: 3.5 and/or 4/5 at 9 a.m. for e.g. node.js by 1/2.", []),
        ("", []),
    ],
)  # fmt: skip
def test_paths_and_links_are_found_in_a_text(text: str, expected: list[str]) -> None:
    assert mentioned(text) == expected


WORDS = st.lists(st.sampled_from(["look", "at", "the", "and", "then", "say:", "«hello»", "3.5", "I'm"]), min_size=1)
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,8}(/[a-z0-9_-]{1,8})?\.(png|wav|csv)", fullmatch=True)


@given(WORDS, st.lists(NAMES, unique=True), st.sampled_from(["", ",", ".", "!", "?", ";", ")"]))
def test_every_named_file_is_found_whatever_follows_it(words: list[str], names: list[str], mark: str) -> None:
    text = " ".join([*words, *(name + mark for name in names), *words])
    assert mentioned(text) == names


@given(st.text())
def test_any_text_can_be_searched(text: str) -> None:
    assert all(found and found in text for found in mentioned(text))
