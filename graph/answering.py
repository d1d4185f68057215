"""Has a model write the answer, and lets through what is held to the files that there are, block by block."""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from graph.answer_links import Links
from graph.calling import stream
from graph.markdown import defused, last_block
from tools import clean
from tools.errors import ConfigError, ModelError

_SPECIAL = re.compile(r"[\[<`&\\]|~~~")  # without these a word is a word, or a bare address


class Outlet:
    """Lets a growing text through as soon as nothing that follows can change it: words, and else whole blocks."""

    def __init__(self, links: Links) -> None:
        self._links, self._waiting = links, ""
        self._passed, self._shown = 0, ""  # how much of what waits was let through already, and as what
        self._between = ""  # the line ends after what was let through, in case more comes
        self.text = ""  # all that was let through

    def feed(self, piece: str) -> str:
        """Take more of the text, and give what of it may be seen."""
        self._waiting = self._waiting + piece if self.text or self._waiting else piece.lstrip()
        made = ""
        if "\n" in piece and "\n\n" in self._waiting[-len(piece) - 1 :] and (end := last_block(self._waiting)):
            made = self._block(end)
        return made + self._words()

    def close(self) -> str:
        """The rest, where nothing follows."""
        return self._block(len(self._waiting))

    def _words(self) -> str:
        """The whole words before anything that may become a link, HTML or code."""
        special = _SPECIAL.search(self._waiting, self._passed)
        until = special.start() if special else len(self._waiting)
        end = max(self._waiting.rfind(mark, self._passed, until) for mark in " \n") + 1
        if end <= self._passed:
            return ""
        fresh = self._cleaned(self._waiting[self._passed : end])
        self._passed, self._shown = end, self._shown + fresh
        return self._out(fresh)

    def _block(self, end: int) -> str:
        """What is to be seen of the blocks up to ``end``, beyond what was shown as words."""
        block, self._waiting = self._waiting[:end], self._waiting[end:]
        if self._passed >= end:  # words of the next block were shown, too
            self._passed, self._shown = self._passed - end, self._shown[len(self._cleaned(block)) :]
            return ""
        held = self._links.held(clean.text(block)) if _SPECIAL.search(block) else self._cleaned(block)
        rest = held[len(self._shown) :] if held.startswith(self._shown) else defused(block[self._passed :])
        self._passed, self._shown = 0, ""
        return self._out(rest)

    def _cleaned(self, text: str) -> str:
        return self._links.words(clean.text(text))

    def _out(self, text: str) -> str:
        whole = f"{self._between}{text}"
        shown = whole.rstrip("\n") if whole.strip() else ""
        self._between = whole[len(shown) :]
        self.text += shown
        return shown


class Answering(BaseChatModel):
    """The controller's model, its words held to ``links``; ``rest`` is what stands below them, or instead of them.

    Where the model fails, ``rest`` is given the error, and says what was to be said.
    """

    model: BaseChatModel
    name_of_model: str
    links: Any
    rest: Callable[[Exception | None], str]

    @property
    def _llm_type(self) -> str:
        return "answering"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ANN401 - LangChain's signature
    ) -> ChatResult:
        raise NotImplementedError("An answer is streamed.")

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - LangChain's signature
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ANN401, ARG002 - LangChain's signature
    ) -> AsyncIterator[ChatGenerationChunk]:
        heard: list[AIMessageChunk] = []
        async for text in self._words(messages, heard):
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=text))
            if run_manager:
                await run_manager.on_llm_new_token(text, chunk=chunk)
            yield chunk
        end = joined(heard) if heard else AIMessageChunk(content="")
        yield ChatGenerationChunk(message=end.model_copy(update={"content": "", "chunk_position": "last", "id": None}))

    async def _words(self, messages: Sequence[BaseMessage], heard: list[AIMessageChunk]) -> AsyncIterator[str]:
        outlet = Outlet(self.links)
        failed: Exception | None = None
        try:
            # The call of this model is the one that is counted and shown, so that of the other is not
            async for piece in stream(
                self.model, messages, self.name_of_model, {"run_name": "respond", "callbacks": []}
            ):
                heard.append(piece)
                if made := outlet.feed(piece.text):
                    yield made
        except (ConfigError, ModelError) as error:
            failed = error
        if made := outlet.close():
            yield made
        if failed is None and not outlet.text:
            failed = ModelError(f"{self.name_of_model} answered with nothing.")
        left_out = "" if failed else self.links.passed_over(outlet.text)
        below = "\n\n".join(filter(None, [left_out, self.rest(failed)]))
        yield f"\n\n{below}" if outlet.text else below


def joined(pieces: Sequence[AIMessageChunk]) -> AIMessageChunk:
    """All pieces of a message as one: at once, for one by one each would be copied again and again."""
    first, *others = pieces
    whole = first + others if others else first
    assert isinstance(whole, AIMessageChunk)  # noqa: S101 - of chunks it always is
    return whole
