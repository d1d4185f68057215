"""What people think of an answer: to LangSmith where the run was traced, else to a file beside their results."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Self
from uuid import UUID, uuid4

from langsmith.utils import tracing_is_enabled
from pydantic import BaseModel, Field, model_validator

from tools.files.places import is_remote, write
from tools.settings import Owner, process_settings


class Feedback(BaseModel, extra="forbid"):
    """A verdict on one run: ``score``, 1 for good and 0 for bad, a comment, or both."""

    run_id: UUID
    score: float | None = Field(None, ge=0, le=1)
    comment: str = Field("", max_length=4000)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.score is None and not self.comment:
            raise ValueError("give a score, a comment, or both")
        return self


async def record(feedback: Feedback, owner: Owner | None = None) -> None:
    """Keep it, on a server in the folder of its owner."""
    if tracing_is_enabled():
        await asyncio.to_thread(_send, feedback)
    else:
        await asyncio.to_thread(_write, feedback, owner)


def _send(feedback: Feedback) -> None:
    from langsmith.run_trees import get_cached_client

    get_cached_client().create_feedback(
        feedback.run_id, key="user", score=feedback.score, comment=feedback.comment or None, trace_id=feedback.run_id
    )


def _write(feedback: Feedback, owner: Owner | None) -> None:
    """Add a line to a file, or a file of its own where files cannot grow."""
    folder = (owner.settings if owner else process_settings()).out
    line = json.dumps({**feedback.model_dump(mode="json"), "at": datetime.now(UTC).isoformat()}) + "\n"
    if is_remote(folder):
        write(folder / "feedback" / f"{uuid4().hex}.jsonl", line.encode())
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "feedback.jsonl").open("a", encoding="utf-8") as file:
        file.write(line)
