"""Calls a model by the Open Inference Protocol, version 2.

The protocol: https://github.com/open-inference/open-inference-protocol
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any
from urllib.parse import quote

import httpx2

from service.settings import Settings

Instance = Mapping[str, Any]


class WrongInstance(Exception):
    """An instance is not what the model takes; the message says where."""


class ModelRefuses(Exception):
    """The model's server answers an error."""


class ModelAway(Exception):
    """The model's server cannot be reached."""


class ModelSlow(Exception):
    """The model's server did not answer in time."""


@dataclass(frozen=True)
class Tensor:
    """An input of the model.

    Attributes:
        datatype: say FP32 or BYTES
        shape: of one instance, without the dimension of the batch; -1 where any size will do

    """

    name: str
    datatype: str
    shape: tuple[int, ...]


class Model:
    """A model behind an HTTP client; what it takes is asked for once."""

    def __init__(self, settings: Settings, transport: httpx2.AsyncBaseTransport | None = None):
        """Make a client; the transport is given by tests."""
        path = f"/v2/models/{quote(settings.model, safe='')}"
        if settings.version:
            path += f"/versions/{quote(settings.version, safe='')}"
        self._path = path
        self._inputs: tuple[Tensor, ...] | None = None
        self._client = httpx2.AsyncClient(
            base_url=settings.url,
            timeout=settings.timeout,
            headers={"Authorization": f"Bearer {settings.token}"} if settings.token else {},
            transport=transport or httpx2.AsyncHTTPTransport(retries=1),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def ready(self) -> bool:
        """Return whether the model answers."""
        try:
            await self._ask("GET", "/ready")
        except (ModelAway, ModelRefuses, ModelSlow):
            return False
        return True

    async def inputs(self) -> tuple[Tensor, ...]:
        """Return what the model takes."""
        if self._inputs is None:
            answer = await self._ask("GET", "")
            self._inputs = tuple(
                Tensor(one["name"], one["datatype"], tuple(one["shape"][1:]))
                for one in answer["inputs"]
            )
        return self._inputs

    async def predict(self, instances: Sequence[Instance]) -> list[dict[str, Any]]:
        """Return the outputs of the model for each instance, by their names."""
        tensors = [_tensor(one, instances) for one in await self._known(instances)]
        answer = await self._ask("POST", "/infer", {"inputs": tensors})
        predictions: list[dict[str, Any]] = [{} for _ in instances]
        for output in answer["outputs"]:
            size = prod(output["shape"][1:])
            for number, prediction in enumerate(predictions):
                values = output["data"][number * size : (number + 1) * size]
                prediction[output["name"]] = values[0] if size == 1 else values
        return predictions

    async def _known(self, instances: Sequence[Instance]) -> tuple[Tensor, ...]:
        """Return the inputs; raise WrongInstance when an instance names others."""
        inputs = await self.inputs()
        names = {one.name for one in inputs}
        for number, instance in enumerate(instances):
            unknown = sorted(set(instance) - names)
            if unknown:
                raise WrongInstance(f"instances[{number}]: the model takes no {unknown[0]!r}")
        return inputs

    async def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Call the server; raise what the caller can tell apart."""
        try:
            response = await self._client.request(method, self._path + path, json=body)
        except httpx2.TimeoutException as error:
            raise ModelSlow("The model does not answer in time") from error
        except httpx2.TransportError as error:
            raise ModelAway("The model cannot be reached") from error
        if response.status_code >= 400:
            raise ModelRefuses(_reason(response))
        answer: dict[str, Any] = response.json()
        return answer


def _reason(response: httpx2.Response) -> str:
    """Return what the server says of its error."""
    try:
        body = response.json()
        said = body.get("error") or body.get("detail") or ""
    except (ValueError, AttributeError):
        said = ""
    return f"The model's server answers {response.status_code}. {str(said)[:500]}".strip()


def _tensor(tensor: Tensor, instances: Sequence[Instance]) -> dict[str, Any]:
    """Put the values of all instances into one tensor, flat and row by row."""
    data: list[Any] = []
    shapes: set[tuple[int, ...]] = set()
    for number, instance in enumerate(instances):
        where = f"instances[{number}].{tensor.name}"
        if tensor.name not in instance:
            raise WrongInstance(f"{where} is missing")
        shape, values = _flat(instance[tensor.name], where)
        if not shape and prod(tensor.shape) in (1, -1):
            shape = (1,) * len(tensor.shape)
        if len(shape) != len(tensor.shape) or any(
            wanted not in (-1, size) for wanted, size in zip(tensor.shape, shape, strict=True)
        ):
            raise WrongInstance(f"{where} has the shape {list(shape)}, not {list(tensor.shape)}")
        for value in values:
            _check(value, tensor.datatype, where)
        shapes.add(shape)
        data.extend(values)
    if len(shapes) > 1:
        raise WrongInstance(f"{tensor.name} has another shape in another instance")
    return {
        "name": tensor.name,
        "datatype": tensor.datatype,
        "shape": [len(instances), *shapes.pop()],
        "data": data,
    }


def _flat(value: Any, where: str) -> tuple[tuple[int, ...], list[Any]]:
    """Return shape and values of nested lists."""
    if not isinstance(value, list):
        return (), [value]
    parts = [_flat(one, where) for one in value]
    if len({shape for shape, _ in parts}) > 1:
        raise WrongInstance(f"{where} has lists of different lengths")
    inner = parts[0][0] if parts else ()
    return (len(value), *inner), [one for _, values in parts for one in values]


def _check(value: Any, datatype: str, where: str) -> None:
    """Raise WrongInstance for a value of another type."""
    fits = (
        isinstance(value, str)
        if datatype == "BYTES"
        else isinstance(value, bool)
        if datatype == "BOOL"
        else not isinstance(value, bool) and isinstance(value, int)
        if datatype.startswith(("INT", "UINT"))
        else not isinstance(value, bool) and isinstance(value, int | float)
    )
    if not fits:
        raise WrongInstance(f"{where} is {type(value).__name__}, and the model takes {datatype}")
