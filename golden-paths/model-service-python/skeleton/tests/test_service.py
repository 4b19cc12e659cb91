"""What must hold of the service, whatever the model's server does."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from service.app import create
from service.settings import Settings, WrongSettings

SETTINGS = Settings("https://models.example", "m", version="champion", token="a-token")
METADATA = {
    "name": "m",
    "inputs": [
        {"name": "size", "datatype": "FP32", "shape": [-1, 1]},
        {"name": "island", "datatype": "BYTES", "shape": [-1, 1]},
    ],
}
Handler = Callable[[httpx2.Request], httpx2.Response]


class Server:
    """A server of the Open Inference Protocol that gives back the double of the sizes."""

    def __init__(self) -> None:
        """Begin well."""
        self.seen: list[httpx2.Request] = []
        self.instead: Handler | None = None

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request."""
        self.seen.append(request)
        if self.instead:
            return self.instead(request)
        if request.url.path.endswith("/infer"):
            tensors = {one["name"]: one for one in json.loads(request.content)["inputs"]}
            sizes = tensors["size"]["data"]
            return httpx2.Response(
                200,
                json={
                    "outputs": [
                        {
                            "name": "double",
                            "datatype": "FP32",
                            "shape": [len(sizes), 1],
                            "data": [2 * size for size in sizes],
                        },
                        {
                            "name": "pair",
                            "datatype": "FP32",
                            "shape": [len(sizes), 2],
                            "data": [value for size in sizes for value in (size, -size)],
                        },
                    ]
                },
            )
        return httpx2.Response(200, json=METADATA)


@pytest.fixture
def server() -> Server:
    """Return a model's server."""
    return Server()


@pytest.fixture
def client(server: Server) -> Iterator[TestClient]:
    """Return a client of the service."""
    with TestClient(create(SETTINGS, httpx2.MockTransport(server))) as client:
        yield client


def ask(client: TestClient, *instances: dict[str, Any]) -> httpx2.Response:
    """Ask for predictions."""
    return client.post("/predictions", json={"instances": list(instances)})


def test_answers_each_instance_with_the_outputs_of_the_model(
    client: TestClient, server: Server
) -> None:
    """All instances go in one call, with the token."""
    answer = ask(client, {"size": 1.5, "island": "a"}, {"size": [2], "island": "b"})
    assert answer.status_code == 200
    assert answer.json() == {
        "predictions": [{"double": 3.0, "pair": [1.5, -1.5]}, {"double": 4, "pair": [2, -2]}]
    }
    call = server.seen[-1]
    assert call.url.path == "/v2/models/m/versions/champion/infer"
    assert call.headers["Authorization"] == "Bearer a-token"
    assert json.loads(call.content)["inputs"][1] == {
        "name": "island",
        "datatype": "BYTES",
        "shape": [2, 1],
        "data": ["a", "b"],
    }
    ask(client, {"size": 1, "island": "a"})
    assert [request.method for request in server.seen] == ["GET", "POST", "POST"]


@pytest.mark.parametrize(
    ("instance", "reason"),
    [
        ({"size": 1}, "instances[0].island is missing"),
        ({"size": 1, "island": "a", "x": 1}, "takes no 'x'"),
        ({"size": "big", "island": "a"}, "is str, and the model takes FP32"),
        ({"size": True, "island": "a"}, "is bool, and the model takes FP32"),
        ({"size": [1, 2], "island": "a"}, "has the shape [2], not [1]"),
        ({"size": [[1], [1, 2]], "island": "a"}, "lists of different lengths"),
        ({"size": None, "island": "a"}, "is NoneType"),
    ],
)
def test_says_what_is_wrong_with_an_instance(
    client: TestClient, server: Server, instance: dict[str, Any], reason: str
) -> None:
    """The model is not asked."""
    answer = ask(client, instance)
    assert answer.status_code == 422
    assert reason in answer.json()["detail"]
    assert all(request.method == "GET" for request in server.seen)


def test_takes_some_instances_not_none_and_not_any_number(client: TestClient) -> None:
    """One call must not take all memory."""
    assert ask(client).status_code == 422
    assert ask(client, *({"size": 1, "island": "a"} for _ in range(1_001))).status_code == 422
    assert client.post("/predictions", json={"rows": []}).status_code == 422


def _away(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("refused")


def _slow(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ReadTimeout("late")


@pytest.mark.parametrize(
    ("instead", "status", "said"),
    [
        (_away, 503, "cannot be reached"),
        (_slow, 504, "in time"),
        (lambda _: httpx2.Response(401, json={"detail": "Sign in"}), 502, "answers 401. Sign in"),
        (lambda _: httpx2.Response(500, text="<html>"), 502, "answers 500."),
    ],
)
def test_tells_the_troubles_of_the_models_server_apart(
    client: TestClient, server: Server, instead: Handler, status: int, said: str
) -> None:
    """Whoever calls knows whether to come again."""
    server.instead = instead
    answer = ask(client, {"size": 1, "island": "a"})
    assert answer.status_code == status
    assert said in answer.json()["detail"]
    assert "a-token" not in answer.text
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/live").status_code == 200
    server.instead = None
    assert client.get("/health/ready").status_code == 200
    assert ask(client, {"size": 1, "island": "a"}).status_code == 200


def test_says_what_the_model_takes(client: TestClient) -> None:
    """By the names that instances use."""
    assert client.get("/model").json()["inputs"][0] == {
        "name": "size",
        "datatype": "FP32",
        "shape": [1],
    }


def test_reads_its_settings_from_the_environment(tmp_path: Path) -> None:
    """The token comes from a file where Kubernetes puts it."""
    (tmp_path / "token").write_text("secret\n")
    environment = {
        "MODEL_URL": "https://models.example/",
        "MODEL_TOKEN_FILE": str(tmp_path / "token"),
        "MODEL_VERSION": "3",
        "MODEL_TIMEOUT": "2.5",
    }
    settings = Settings.read(environment)
    assert settings == Settings("https://models.example", settings.model, "3", "secret", 2.5)
    assert "secret" not in repr(settings)
    for wrong in (
        {},
        {"MODEL_URL": "models.example"},
        environment | {"MODEL_TIMEOUT": "soon"},
        environment | {"MODEL_TOKEN_FILE": str(tmp_path / "nowhere")},
    ):
        with pytest.raises(WrongSettings):
            Settings.read(wrong)
