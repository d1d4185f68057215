"""Whoever plans knows of earlier answers, passes them on, and reads them only where there is nothing to plan."""

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from benchmarks.support.fakes import QueueChat
from graph.conversation import Request
from graph.planning.author import author
from graph.planning.draft import Draft
from tools.tasks import TASKS

HISTORY = [HumanMessage("What is red?"), AIMessage("Roses are red.")]


async def planned(*answers: str) -> tuple[Draft, list[str]]:
    """What comes of a request that follows an answer, and each prompt as one text."""
    prompts, left = list[str](), list(answers)

    def answer(messages: list[BaseMessage]) -> str:
        prompts.append("\n".join(message.text for message in messages))
        return left.pop(0)

    request = Request("And that in German?", [], [], HumanMessage("And that in German?"), HISTORY)
    model = QueueChat(answers=answer)
    return await author(request, TASKS, model, "queue", lambda _number, _task: None), prompts


async def test_an_answer_is_passed_on_by_its_number() -> None:
    draft, (prompt,) = await planned('{"tasks": [{"translation": {"text": "<a1>", "language": "German"}}]}')
    assert draft.tasks[0].args == {"text": "Roses are red.", "language": "German"}
    assert ("<a1>" in prompt.splitlines(), "Roses" in prompt) == (True, False)


async def test_an_answer_that_there_is_not_is_no_reference() -> None:
    draft, prompts = await planned(
        *['{"tasks": [{"translation": {"text": "<a2>", "language": "German"}}]}'] * 2,
        '{"tasks": [{"translation": {"text": "<a1>", "language": "German"}}]}',
    )
    assert (draft.tasks[0].args["text"], "<a2>" in prompts[-1]) == ("Roses are red.", True)


async def test_a_reply_is_given_in_knowledge_of_the_answers() -> None:
    draft, prompts = await planned('{"reply": "I do not know what."}', '{"reply": "Rosen sind rot."}')
    assert (draft.refusal, ["Roses" in prompt for prompt in prompts]) == ("Rosen sind rot.", [False, True])


async def test_who_has_read_the_answers_plans_nothing() -> None:
    draft, _ = await planned('{"reply": "Hm."}', '{"tasks": [{"text-to-image": {"text": "roses"}}]}')
    assert (draft.tasks, draft.refusal) == ([], "Hm.")
