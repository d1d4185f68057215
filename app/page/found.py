"""Language models that run on this machine, told where the page is its owner's own; never used unasked."""

import asyncio
from collections.abc import Mapping

import gradio as gr

from app.controllers import SERVERS, local_servers
from app.page.visit import Visit
from app.page.words import Say
from tools.settings import process_settings, settings


async def show_found(request: gr.Request) -> gr.Markdown:
    """What was found, as a line of the settings; nothing where strangers come, or nothing is to be gained."""
    if process_settings().keys is not None:
        return gr.Markdown(visible=False)
    words = await asyncio.to_thread(unused_servers, Visit.of(request, "", "").say)
    return gr.Markdown(words, visible=bool(words))


def unused_servers(say: Say, servers: Mapping[str, str] = SERVERS) -> str:
    """The servers that answer, but for the one that is used, and with what settings the first of them would be."""
    answering = [server for server in local_servers(dict(servers)) if server.url != settings().base_url]
    if not answering:
        return ""
    names = ", ".join(f"{server.name} ({', '.join(server.models[:3])})" for server in answering)
    first = f"HUGGINGGPT_LLM=openai:{answering[0].models[0]} HUGGINGGPT_BASE_URL={answering[0].url}"
    said = say("On this machine, and not used: {servers}. It would plan and answer with the settings", servers=names)
    return f"{said} `{first}`"
