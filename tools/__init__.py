"""Every task type as a LangChain tool."""
