"""A server that has started is not held up by a look at all that it has loaded."""

import gc

import pytest

from app.server.main import create_app
from tools.settings import settings


@pytest.mark.slow
async def test_once_a_server_has_started_the_collector_passes_over_what_is_loaded() -> None:
    app = create_app(settings().model_copy(update={"page": False}))
    try:
        async with app.router.lifespan_context(app):
            kept, looked_at = gc.get_freeze_count(), len(gc.get_objects())
    finally:
        gc.unfreeze()
    assert kept > 50_000
    assert looked_at < kept / 5
