"""Files in, files out: uploads and artifacts, each owner in a folder of their own."""

import asyncio
import mimetypes
import re
from collections.abc import AsyncIterator
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from upath import UPath

from app.audit import audit
from app.owner import Owner
from app.uploads import keep
from tools.errors import InputError
from tools.files.places import is_remote, within

# A browser shows these itself; anything else, HTML above all, is offered for saving and never run.
SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp", "audio/", "video/", "application/json", "text/plain")
_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private", "Referrer-Policy": "no-referrer"}
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_PIECE = 2**20  # bytes that are read from object storage at once


async def upload(request: Request) -> Response:
    """``POST /uploads``, a form with one or several files: what to send as ``resources`` of a request."""
    async with request.form(max_files=20, max_fields=20) as form:
        uploads = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        if not uploads:
            raise InputError("Send a form (multipart/form-data) with at least one file.")
        owner = Owner.of(request)
        saved = [await owner.do(keep(file.filename or "", await file.read())) for file in uploads]
    audit("upload", owner.name, files=len(saved))
    return JSONResponse([{"resource": p, "url": u} for p, u in zip(saved, owner.links(saved), strict=True)])


async def artifact(request: Request) -> Response:
    """``GET /artifacts/PATH``: a file of the caller's own, with its type, in ranges where asked."""
    place = await asyncio.to_thread(within, Owner.of(request).settings.out, request.path_params["path"])
    if place is None:
        raise HTTPException(404, "There is no such file among yours.")
    response = await _stored(place, request) if is_remote(place) else FileResponse(str(place), headers=_HEADERS)
    if not response.headers["content-type"].startswith(SHOWN):
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(place.name)}"
    return response


async def _stored(place: UPath, request: Request) -> Response:
    """A file from object storage, of which no more is read than was asked for."""
    size = (await asyncio.to_thread(place.stat)).st_size
    start, end = _asked(request.headers.get("range", ""), size)
    headers = {**_HEADERS, "Accept-Ranges": "bytes", "Content-Length": str(end - start)}
    if end - start < size:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    mime = mimetypes.guess_type(place.name)[0] or "text/plain"
    return StreamingResponse(_pieces(place, start, end), 206 if "Content-Range" in headers else 200, headers, mime)


def _asked(header: str, size: int) -> tuple[int, int]:
    """The first byte and the one after the last; all of them where no single range is asked for."""
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return 0, size
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if start >= end:
        raise HTTPException(416, headers={"Content-Range": f"bytes */{size}"})
    return start, end


async def _pieces(place: UPath, start: int, end: int) -> AsyncIterator[bytes]:
    for at in range(start, end, _PIECE):
        yield await asyncio.to_thread(place.fs.cat_file, place.path, start=at, end=min(end, at + _PIECE))
