"""The words of a document, all or those of some pages: documents are turned into text before any expert sees them."""

from tools.files.pages import chosen, split
from tools.protocol import Output


def read(text: str, pages: str | None = None) -> Output:
    """The text of the document, or of the pages named (``2``, ``1-3``, ``last``).

    Raises:
        InputError: there are not so many pages.
    """
    every = split(text)
    numbers = chosen(pages, len(every)) if pages else range(1, len(every) + 1)
    data = {"pages": len(every), "read": list(numbers)}
    return Output("\n\n".join(every[number - 1] for number in numbers), data)
