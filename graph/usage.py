"""What language models were asked and what they wrote, by stage."""

from collections import Counter
from threading import Lock
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, LLMResult


class Usage(BaseCallbackHandler):
    """Counts calls and tokens; give it to a run among its ``callbacks``.

    ``stages`` maps plan, select, execute and respond to ``calls``, ``input_tokens`` and ``output_tokens``.
    """

    run_inline = True  # it only counts, and a thread for each token would cost more

    def __init__(self) -> None:
        self.stages: dict[str, Counter[str]] = {}
        self._running: dict[UUID, str] = {}
        self._lock = Lock()

    @property
    def total(self) -> Counter[str]:
        """All stages together."""
        return sum(self.stages.values(), Counter())

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],  # noqa: ARG002 - LangChain's signature
        messages: list[list[BaseMessage]],  # noqa: ARG002 - LangChain's signature
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **_: object,
    ) -> None:
        """Count the call, and remember its stage until it ends."""
        node = str((metadata or {}).get("langgraph_node", "other"))
        stage = "execute" if "#" in node else node  # tasks of the execute stage are named type#id
        with self._lock:
            self._running[run_id] = stage
            self.stages.setdefault(stage, Counter())["calls"] += 1

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **_: object) -> None:
        """Add the tokens that the model reports."""
        with self._lock:
            stage = self._running.pop(run_id, "other")
            for generation in response.generations[0] if response.generations else []:
                if isinstance(generation, ChatGeneration) and isinstance(generation.message, AIMessage):
                    self.stages.setdefault(stage, Counter()).update(_tokens(generation.message))


def _tokens(message: AIMessage) -> dict[str, int]:
    """What the model reports, in LangChain's form or in OpenAI's own.

    For streams in JSON mode of servers that name the role with every piece (Ollama), langchain-openai 1.7 passes on
    the latter alone.
    """
    if used := message.usage_metadata:
        return {"input_tokens": used["input_tokens"], "output_tokens": used["output_tokens"]}
    if raw := message.response_metadata.get("token_usage"):
        return {"input_tokens": raw.get("prompt_tokens") or 0, "output_tokens": raw.get("completion_tokens") or 0}
    return {}
