"""OpenAI's API in front of the graph and its tools, so that any client of theirs can use it.

Fields that mean nothing here are taken and left alone, as clients send them by habit; what a client relies on (stop,
max_tokens, response_format, n, logprobs) is honoured or refused. Errors of every route have OpenAI's shape.
"""

from app.server.openai import audio, completions, images, models, responses, vectors

ROUTES = [
    ("GET", "/v1/models", models.listed),
    ("GET", "/v1/models/{model:path}", models.described),
    ("POST", "/v1/chat/completions", completions.create),
    ("POST", "/v1/responses", responses.create),
    ("POST", "/v1/embeddings", vectors.create),
    ("POST", "/v1/images/generations", images.generate),
    ("POST", "/v1/audio/speech", audio.speech),
    ("POST", "/v1/audio/transcriptions", audio.transcriptions),
]
