"""Every door to the graph: HTTP, OpenAI and MCP beside LangGraph's own API, and the guard before all of them."""
