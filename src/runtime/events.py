"""Events: something happened, for whoever listens. Hints, never data: a listener reads the rows again.

Published after commit: on the topic exchange `support.events` with pika when a broker is set, else on a bus
inside this process. A listener that hears nothing still looks every few seconds.
"""

import functools
import json
import logging
import threading
from collections.abc import Callable

import pika
import pika.exceptions

from runtime import correlation, publisher
from runtime.database import Committing, after_commit
from runtime.errors import Retryable
from runtime.settings import settings

log = logging.getLogger(__name__)

EXCHANGE = "support.events"
_RECONNECT_S = 2.0

Listener = Callable[[str, dict[str, str | int]], None]

_listeners: list[Listener] = []
_listening = threading.Lock()
_connection: threading.local = threading.local()


def publish(session: Committing, topic: str, **payload: str | int) -> None:
    """Publish after the commit of `session`. `topic` is dotted, e.g. `ticket.escalated`."""
    body = {**payload, "correlation_id": correlation.current()}
    after_commit(session, functools.partial(_publish, topic, body))


def publish_now(topic: str, **payload: str | int) -> None:
    """Publish outside a transaction what is of no row, such as that somebody is typing."""
    _publish(topic, {**payload, "correlation_id": correlation.current()})


def subscribe(listener: Listener) -> Callable[[], None]:
    """Call `listener(topic, payload)` for every event, on a thread of its own; returns how to stop."""
    _listeners.append(listener)
    if settings().runtime.broker_url:
        _ensure_consumer()
    return functools.partial(_listeners.remove, listener)


def _publish(topic: str, body: dict[str, str | int]) -> None:
    if settings().runtime.broker_url:
        publisher.enqueue("event", functools.partial(_send, topic, body))
    else:
        _dispatch(topic, body)


def _dispatch(topic: str, body: dict[str, str | int]) -> None:
    for listener in tuple(_listeners):
        listener(topic, body)


def _open_channel() -> "pika.adapters.blocking_connection.BlockingChannel":
    parameters = pika.URLParameters(settings().runtime.broker_url)
    parameters.socket_timeout = 2.0
    parameters.blocked_connection_timeout = 2.0
    channel = pika.BlockingConnection(parameters).channel()
    channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
    return channel


def _send(topic: str, body: dict[str, str | int]) -> None:
    try:
        if getattr(_connection, "channel", None) is None:
            _connection.channel = _open_channel()
            publisher.keep_alive(_heartbeat)
        properties = pika.BasicProperties(content_type="application/json", delivery_mode=1)
        _connection.channel.basic_publish(EXCHANGE, topic, json.dumps(body).encode(), properties)
    except (pika.exceptions.AMQPError, OSError) as error:
        _connection.channel = None
        raise Retryable(f"event {topic} could not be published ({type(error).__name__})") from error


def _heartbeat() -> None:
    channel = getattr(_connection, "channel", None)
    if channel is None:
        return
    try:
        channel.connection.process_data_events(0)
    except (pika.exceptions.AMQPError, OSError) as error:
        _connection.channel = None
        raise Retryable(f"the events' connection was lost ({type(error).__name__})") from error


def close() -> None:
    """Forget all listeners (the process is about to end)."""
    _listeners.clear()


def _ensure_consumer() -> None:
    if _listening.acquire(blocking=False):
        threading.Thread(target=_consume_forever, name="events", daemon=True).start()


def _consume_forever() -> None:
    pause = threading.Event()
    while True:
        try:
            _consume()
        except (pika.exceptions.AMQPError, OSError) as error:
            log.warning("events are not heard for the moment: %s", type(error).__name__)
        pause.wait(_RECONNECT_S)


def _consume() -> None:
    channel = _open_channel()
    name = channel.queue_declare("", exclusive=True, auto_delete=True).method.queue
    channel.queue_bind(name, EXCHANGE, routing_key="#")
    for method, _properties, body in channel.consume(name, auto_ack=True):
        _dispatch(str(method.routing_key), json.loads(body))
