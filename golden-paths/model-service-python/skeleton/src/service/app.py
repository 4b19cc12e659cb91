"""The web service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from service.model import Model, ModelAway, ModelRefuses, ModelSlow, WrongInstance
from service.settings import Settings

TITLE = "${{ values.title | replace('\\', '') | replace('"', "'") }}"
MOST = 1_000
STATUS = {WrongInstance: 422, ModelRefuses: 502, ModelAway: 503, ModelSlow: 504}


class Question(BaseModel):
    """Instances to answer, each with the inputs of the model by their names."""

    model_config = ConfigDict(extra="forbid")
    instances: list[dict[str, Any]] = Field(min_length=1, max_length=MOST)


class Answer(BaseModel):
    """The outputs of the model by their names, for each instance in its order."""

    predictions: list[dict[str, Any]]


def create(
    settings: Settings | None = None, transport: httpx2.AsyncBaseTransport | None = None
) -> FastAPI:
    """Make the service; tests give settings and transport."""
    model = Model(settings or Settings.read(), transport)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        await model.close()

    app = FastAPI(title=TITLE, version="0.1.0", lifespan=life)

    async def refuse(_: Request, error: Exception) -> Response:
        status = STATUS[type(error)]
        headers = {"Retry-After": "5"} if status in (503, 504) else {}
        return JSONResponse({"detail": str(error)}, status, headers)

    for kind in STATUS:
        app.add_exception_handler(kind, refuse)

    @app.get("/health/live")
    async def live() -> dict[str, str]:
        """Say that the service runs."""
        return {"status": "ok"}

    @app.get("/health/ready")
    async def ready(response: Response) -> dict[str, str]:
        """Say whether the model answers."""
        if await model.ready():
            return {"status": "ok"}
        response.status_code = 503
        return {"status": "the model does not answer"}

    @app.get("/model")
    async def inputs() -> dict[str, Any]:
        """Say what the model takes."""
        return {"inputs": await model.inputs()}

    @app.post("/predictions")
    async def predictions(question: Question) -> Answer:
        """Answer with the model."""
        return Answer(predictions=await model.predict(question.instances))

    return app
