"""What the portal knows: the columns of a data set, and the files of a version."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2


class Unusable(Exception):
    """Something is missing; the message says what."""


@dataclass(frozen=True)
class Version:
    """A version of a model, with its ONNX file on this machine."""

    model: str
    number: int
    file: Path


class Portal:
    """The portal's API as whoever the token is of."""

    def __init__(self, url: str, token: str | None, transport: httpx2.BaseTransport | None = None):
        """Make a client; the transport is given by tests."""
        self._client = httpx2.Client(
            base_url=url.rstrip("/"),
            timeout=60,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            transport=transport or httpx2.HTTPTransport(retries=3),
        )

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> "Portal":
        """Read ATELIER_URL and the token; raise Unusable when they are missing."""
        url = environment.get("ATELIER_URL", "")
        if not url.startswith(("http://", "https://")):
            raise Unusable("Set ATELIER_URL to the portal, https://…")
        token = environment.get("ATELIER_TOKEN")
        if file := environment.get("ATELIER_TOKEN_FILE"):
            try:
                token = Path(file).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise Unusable(f"ATELIER_TOKEN_FILE cannot be read: {error}") from error
        return cls(url, token)

    def columns(self, dataset: str) -> list[dict[str, Any]]:
        """Return the columns of a data set as the catalog lists them."""
        entity = self._get(f"/api/catalog/entities/by-name/dataset/default/{quote(dataset)}").json()
        schema: list[dict[str, Any]] = entity["spec"].get("schema", [])
        return schema

    def version(self, model: str, wanted: str, folder: Path) -> Version:
        """Take the ONNX file of a version, unless it is in the folder already.

        Raises Unusable when the version has none, or its bytes are not those of the registry.
        """
        address = f"/api/v1/models/{quote(model)}/versions/{quote(wanted)}"
        version = self._get(address).json()
        main = version.get("mainFile")
        if not main:
            raise Unusable(f"{model} {wanted} has no ONNX file.")
        digest = next(one["sha256"] for one in version["files"] if one["path"] == main)
        file = folder / f"{digest}.onnx"
        if not file.exists() or _digest(file.read_bytes()) != digest:
            content = self._get(f"{address}/files/{quote(main)}").content
            if _digest(content) != digest:
                raise Unusable(f"{main} of {model} {wanted} is not the file that was registered.")
            folder.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return Version(model, int(version["version"]), file)

    def _get(self, path: str) -> httpx2.Response:
        """Ask the portal; raise Unusable with what it answers instead."""
        try:
            response = self._client.get(path)
        except httpx2.TransportError as error:
            raise Unusable(f"The portal cannot be reached: {error}") from error
        if response.status_code != 200:
            raise Unusable(f"The portal answers {response.status_code} for {path}.")
        return response


def _digest(content: bytes) -> str:
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(content).hexdigest()
