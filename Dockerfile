# Our own server process with the embedded experts: no GPU, no key, no licence of others. See compose.yaml.
FROM python:3.12-slim

RUN useradd --create-home --uid 10001 hugginggpt \
    && install --directory --owner hugginggpt /data
WORKDIR /srv/hugginggpt

COPY . .
RUN pip install --no-cache-dir --constraint constraints.txt --editable ".[embedded,page,serve,cluster,s3]"

USER hugginggpt
ENV HUGGINGGPT_OUT=/data/outputs \
    HUGGINGGPT_KEYS=/data/keys.json \
    HUGGINGGPT_CACHE_FOLDER=/data/cache \
    HF_HOME=/data/huggingface \
    GRADIO_ANALYTICS_ENABLED=False
VOLUME /data
EXPOSE 8004
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8004/health', timeout=4)"]
CMD ["hugginggpt", "serve", "--host", "0.0.0.0"]
