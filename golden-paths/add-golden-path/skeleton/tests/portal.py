"""Tries the template out in the portal, or has the catalog read it again."""

import base64
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]


class Refused(Exception):
    """The portal did not do it, and says why."""


def _ask(path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Send JSON to the portal, or ask for some; raise Refused where it answers an error."""
    request = urllib.request.Request(
        os.environ["ATELIER_URL"].rstrip("/") + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {os.environ['ATELIER_TOKEN']}",
            "Content-Type": "application/json",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as response:
            answer: dict[str, Any] = json.load(response)
            return answer
    except urllib.error.HTTPError as error:
        said = error.read().decode(errors="replace")
        raise Refused(f"The portal answers {error.code}: {said}") from error
    except urllib.error.URLError as error:
        raise Refused(f"The portal cannot be reached: {error.reason}") from error


def dry_run() -> str:
    """Run it with tests/answers.yaml; nothing is made. Return what it would make."""
    skeleton = [
        {
            "path": str(file.relative_to(ROOT)),
            "executable": os.access(file, os.X_OK),
            "base64Content": base64.b64encode(file.read_bytes()).decode(),
        }
        for file in sorted((ROOT / "skeleton").rglob("*"))
        if file.is_file()
    ]
    answer = _ask(
        "/api/scaffolder/v2/dry-run",
        {
            "template": yaml.safe_load((ROOT / "template.yaml").read_text(encoding="utf-8")),
            "values": yaml.safe_load((ROOT / "tests/answers.yaml").read_text(encoding="utf-8")),
            "secrets": {},
            "directoryContents": skeleton,
        },
    )
    if "error" in answer:
        step = answer["error"].get("stepId")
        raise Refused(f"Step {step}: {answer['error']['message']}")
    files = [file["path"] for file in answer["directoryContents"]]
    return "It works, and would make:\n" + "\n".join(f"  {file}" for file in files)


def register() -> str:
    """Have the catalog read template.yaml of the default branch again."""
    command = ["git", "remote", "get-url", "origin"]
    origin = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    owner, name = origin.strip().removesuffix(".git").split("/")[-2:]
    task = _ask(
        "/api/scaffolder/v2/tasks",
        {
            "templateRef": "template:default/register-in-catalog",
            "values": {"repoUrl": f"atelier?owner={owner}&repo={name}", "path": "template.yaml"},
        },
    )["id"]
    while (state := _ask(f"/api/scaffolder/v2/tasks/{task}")["status"]) in ("open", "processing"):
        time.sleep(0.5)
    if state != "completed":
        raise Refused(f"It {state}: {os.environ['ATELIER_URL'].rstrip('/')}/tasks/{task}")
    return f"The catalog has read template.yaml of {owner}/{name}."


def main(arguments: list[str]) -> int:
    """Do what is named; return 0 when it works, 1 when the portal refuses, 2 for a wrong call."""
    deeds = {"dry-run": dry_run, "register": register}
    if len(arguments) != 1 or arguments[0] not in deeds:
        print(f"Say what to do: {' or '.join(deeds)}.")
        return 2
    if not os.environ.get("ATELIER_URL") or not os.environ.get("ATELIER_TOKEN"):
        print("Set ATELIER_URL to the portal, and ATELIER_TOKEN to a token of yours.")
        return 2
    try:
        print(deeds[arguments[0]]())
    except Refused as refused:
        print(refused)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
