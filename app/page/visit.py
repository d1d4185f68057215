"""Who is looking at which conversation."""

import re
import secrets
from dataclasses import dataclass

import gradio as gr

from app.page.words import Say, language_of


def name_or_new(name: object) -> str:
    """The name that a browser sent, or a new one that cannot be guessed (128 random bits) if it is none of ours."""
    return name if isinstance(name, str) and re.fullmatch("[0-9a-f]{32}", name) else secrets.token_hex(16)


@dataclass(frozen=True)
class Visit:
    """A page that shows a conversation. ``user`` is whose key was sent; browser and thread are of name_or_new."""

    user: str
    browser: str
    thread: str
    tab: str
    language: str = "en"

    @property
    def say(self) -> Say:
        """Says things in the language of the browser."""
        return Say(self.language)

    @property
    def owner(self) -> str:
        """In whose name requests run."""
        return f"{self.user}/{self.browser}"

    @property
    def conversation(self) -> tuple[str, str]:
        """What no other conversation on this server is called."""
        return self.owner, self.thread

    @classmethod
    def of(cls, request: gr.Request, browser: object, thread: object) -> "Visit":
        """The visit behind a request; what a browser claims to be named is checked."""
        user = request.request.scope.get("user") if request.request else None
        name = user.display_name if user else "local"
        language = language_of(request.headers.get("accept-language", "")) if request.request else "en"
        return cls(name, name_or_new(browser), name_or_new(thread), request.session_hash or "", language)
