"""The yardstick of the intake: FastAPI, a body of the same shape, one INSERT, nothing else."""

import os

from fastapi import FastAPI
from psycopg_pool import ConnectionPool
from pydantic import BaseModel

pool = ConnectionPool(os.environ["BENCH_DATABASE_URL"], min_size=20, max_size=20, open=True)
app = FastAPI()


class Body(BaseModel):
    description: str
    customer_email: str | None = None
    subject: str = ""


@app.post("/api/v1/tickets", status_code=202)
def create(body: Body) -> dict[str, int]:
    with pool.connection() as connection:
        row = connection.execute(
            "insert into bare (subject, description, email) values (%s, %s, %s) returning id",
            (body.subject, body.description, body.customer_email),
        ).fetchone()
    assert row is not None
    return {"id": row[0]}
