"""Files in, files out: uploads and artifacts, each owner in a folder of their own."""

import asyncio
from pathlib import Path
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from app.owner import Owner
from app.uploads import keep
from tools.errors import InputError

# A browser shows these itself; anything else, HTML above all, is offered for saving and never run.
SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp", "audio/", "video/", "application/json", "text/plain")


async def upload(request: Request) -> Response:
    """``POST /uploads``, a form with one or several files: what to send as ``resources`` of a request."""
    async with request.form(max_files=20, max_fields=20) as form:
        uploads = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        if not uploads:
            raise InputError("Send a form (multipart/form-data) with at least one file.")
        owner = Owner.of(request)
        saved = [await owner.do(keep(file.filename or "", await file.read())) for file in uploads]
    return JSONResponse([{"resource": p, "url": u} for p, u in zip(saved, owner.links(saved), strict=True)])


async def artifact(request: Request) -> Response:
    """``GET /artifacts/PATH``: a file of the caller's own, with its type, in ranges where asked."""
    path = await asyncio.to_thread(_find, Owner.of(request).settings.out, request.path_params["path"])
    if path is None:
        raise HTTPException(404, "There is no such file among yours.")
    response = FileResponse(
        path,
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private", "Referrer-Policy": "no-referrer"},
    )
    if not response.headers["content-type"].startswith(SHOWN):
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(path.name)}"
    return response


def _find(folder: Path, name: str) -> Path | None:
    """The file of that name inside the folder; nothing hidden, nothing outside, no links out of it."""
    try:
        root = folder.resolve()
        path = (root / name).resolve()
        inside = path.is_relative_to(root) and not any(part.startswith(".") for part in path.relative_to(root).parts)
        return path if inside and path.is_file() else None
    except (OSError, ValueError):  # a null byte, a name too long
        return None
