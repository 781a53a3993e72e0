"""A server with the web chat alone, on a loopback port, in a thread."""

import contextlib
import threading
import time
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from ingestion import chat, chat_files
from runtime import web


@contextlib.contextmanager
def running_chat(port: int = 0) -> Iterator[str]:
    """host:port, until the end of the block."""
    app = FastAPI()
    web.install(app, larger_bodies={chat_files.PATH: chat_files.most_request_bytes()})
    app.include_router(chat.router)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()
    try:
        yield f"{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
