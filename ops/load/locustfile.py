"""A day of a desk in as many minutes as one likes: programs open tickets and look after them, visitors read and chat.

Run by `make soak`. SOAK_KEY is an API key, SOAK_IDS the file that each accepted ticket is written to, SOAK_MINUTES how
long the day takes, SOAK_PEAK how many users there are at noon.
"""

import os
import random
from pathlib import Path

from locust import HttpUser, LoadTestShape, between, task

# Share of the peak in each hour, as desks of one time zone see it: two humps and a quiet night.
DAY = (
    0.08, 0.06, 0.05, 0.05, 0.06, 0.10, 0.20, 0.40, 0.65, 0.90, 1.00, 0.95,
    0.80, 0.85, 0.95, 0.90, 0.80, 0.65, 0.50, 0.45, 0.40, 0.30, 0.20, 0.12,
)  # fmt: skip
QUESTIONS = (
    "How do I reset my password?",
    "My order hasn't arrived and I can't find a tracking number. Where do I look?",
    "Can I send back what I bought last week?",
    "Which wine goes with roasted duck and figs?",
    "I was charged twice for the same order.",
    "Wie lange dauert der Versand?",
)
_KEY = os.environ["SOAK_KEY"]
_IDS = Path(os.environ["SOAK_IDS"])
_MINUTES = float(os.environ["SOAK_MINUTES"])
_PEAK = int(os.environ["SOAK_PEAK"])


class Program(HttpUser):
    """A shop that opens tickets for its customers and shows them what became of them."""

    weight = 3
    wait_time = between(1, 3)

    def on_start(self) -> None:
        self.tickets: list[str] = []
        self.client.headers["X-API-Key"] = _KEY

    @task(3)
    def open_ticket(self) -> None:
        body = {
            "description": f"{random.choice(QUESTIONS)} This is question {random.randrange(10**9)}.",
            "customer_email": f"customer{random.randrange(2000)}@example.com",
        }
        with self.client.post("/api/v1/tickets", json=body, catch_response=True) as answer:
            if answer.status_code != 202:
                answer.failure(f"status {answer.status_code}")
                return
            self.tickets.append(answer.json()["ticket_id"])
        with _IDS.open("a") as file:
            file.write(f"{self.tickets[-1]}\n")

    @task(4)
    def look_after_one(self) -> None:
        if self.tickets:
            self.client.get(f"/api/v1/tickets/{random.choice(self.tickets)}", name="/api/v1/tickets/{id}")

    @task(1)
    def list_some(self) -> None:
        self.client.get("/api/v1/tickets", params={"limit": 20}, name="/api/v1/tickets")


class Visitor(HttpUser):
    """Somebody who reads before they write."""

    weight = 1
    wait_time = between(1, 4)

    @task(2)
    def search_help(self) -> None:
        self.client.get("/help", params={"q": random.choice(QUESTIONS)}, name="/help?q=")

    @task(1)
    def open_chat(self) -> None:
        self.client.get("/chat")
        self.client.get("/widget.js")


class Day(LoadTestShape):
    """All 24 hours within the run."""

    def tick(self) -> tuple[int, float] | None:
        hour = self.get_run_time() / (_MINUTES * 60) * len(DAY)
        if hour >= len(DAY):
            return None
        return max(1, round(_PEAK * DAY[int(hour)])), 10.0
