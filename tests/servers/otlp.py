"""A receiver of traces: OTLP over HTTP, kept as plain spans."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class ReceivedSpan:
    trace_id: str
    name: str
    attributes: dict[str, str]
    errors: str = ""  # What its events and its status say.


@dataclass
class Collector:
    url: str
    spans: list[ReceivedSpan] = field(default_factory=list)

    def trace_with(self, name: str, **attributes: str) -> list[ReceivedSpan]:
        """All spans of the trace that holds such a span."""
        wanted = attributes.items()
        ids = {
            span.trace_id for span in self.spans if span.name == name and wanted <= span.attributes.items()
        }
        return [span for span in self.spans if span.trace_id in ids]


@contextmanager
def receiving_traces() -> Iterator[Collector]:
    collector = Collector("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            request = ExportTraceServiceRequest.FromString(body)
            for resource in request.resource_spans:
                for scope in resource.scope_spans:
                    collector.spans += [
                        ReceivedSpan(
                            span.trace_id.hex(),
                            span.name,
                            {
                                one.key: one.value.string_value or str(one.value.int_value)
                                for one in span.attributes
                            },
                            f"{list(span.events)} {span.status.message}",
                        )
                        for span in scope.spans
                    ]
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
