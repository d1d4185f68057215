"""The application inside another server, LangGraph's or Aegra's: what langgraph.json and aegra.json name."""

import os

from app.server.main import create_app
from tools.settings import override, settings

if (address := os.environ.get("LANGGRAPH_API_URL")) and not settings().public_url:
    override(public_url=address)  # where `langgraph dev` listens
app = create_app(settings())
