"""Where the model answers, from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MODEL = "${{ values.model }}"


class WrongSettings(Exception):
    """The environment does not say what is needed; the message says what to do."""


@dataclass(frozen=True)
class Settings:
    """The model's server and how it is called.

    Attributes:
        url: of the server, without a slash at its end
        version: number or alias; None for the server's choice
        token: never shown
        timeout: seconds

    """

    url: str
    model: str
    version: str | None = None
    token: str | None = field(default=None, repr=False)
    timeout: float = 10.0

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read MODEL_URL and its companions; raise WrongSettings when they cannot be."""
        url = environment.get("MODEL_URL", "").rstrip("/")
        if not url.startswith(("http://", "https://")):
            raise WrongSettings("Set MODEL_URL to the address of the model's server, https://…")
        try:
            timeout = float(environment.get("MODEL_TIMEOUT", "10"))
        except ValueError as error:
            raise WrongSettings("MODEL_TIMEOUT is a number of seconds") from error
        return cls(
            url=url,
            model=environment.get("MODEL_NAME", MODEL),
            version=environment.get("MODEL_VERSION") or None,
            token=_token(environment),
            timeout=timeout,
        )


def _token(environment: Mapping[str, str]) -> str | None:
    """Return the token of the environment, or of the file that it names."""
    file = environment.get("MODEL_TOKEN_FILE")
    if not file:
        return environment.get("MODEL_TOKEN") or None
    try:
        return Path(file).read_text(encoding="utf-8").strip() or None
    except OSError as error:
        raise WrongSettings(f"MODEL_TOKEN_FILE cannot be read: {error}") from error
