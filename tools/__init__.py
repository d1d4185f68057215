"""Every task type as a LangChain tool: ``TOOLS[task type]``."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_core.tools import StructuredTool

    from tools.toolbox import TOOLS

__all__ = ["TOOLS"]


def __getattr__(name: str) -> "dict[str, StructuredTool]":
    """Build the tools when they are first asked for: LangChain is slow to import, and a command's help needs none."""
    if name != "TOOLS":
        raise AttributeError(name)
    from tools.toolbox import TOOLS

    return TOOLS
