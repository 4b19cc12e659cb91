"""What must hold of the template and its skeleton, as far as it can be told without the portal."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
SKELETON = ROOT / "skeleton"


def _yaml(name: str) -> Any:
    """Read a file of this repository."""
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


@pytest.fixture
def spec() -> dict[str, Any]:
    """Return what the template says."""
    template = _yaml("template.yaml")
    assert template["apiVersion"] == "scaffolder.backstage.io/v1beta3"
    assert template["kind"] == "Template"
    found: dict[str, Any] = template["spec"]
    return found


def _asked(spec: dict[str, Any]) -> set[str]:
    """Return the names of all questions."""
    pages = spec["parameters"]
    return {name for page in pages for name in page.get("properties", {})} | {
        name
        for page in pages
        for dependency in page.get("dependencies", {}).values()
        for branch in dependency.get("oneOf", [dependency])
        for name in branch.get("properties", {})
    }


def _used(of: str, text: str) -> set[str]:
    """Return the members of parameters, steps or values that expressions name."""
    expressions = re.findall(r"\{\{(.*?)\}\}|\{%(.*?)%\}", text, re.DOTALL)
    return {
        name
        for pair in expressions
        for expression in pair
        for name in re.findall(rf"\b{of}\.([A-Za-z_]\w*)", expression)
    }


def test_every_step_has_an_action_and_an_id_of_its_own(spec: dict[str, Any]) -> None:
    """Other steps and the output name steps by their ids."""
    assert all(step.get("action") for step in spec["steps"])
    ids = [step["id"] for step in spec["steps"]]
    assert len(ids) == len(set(ids))


def test_every_answer_that_is_used_is_asked_for(spec: dict[str, Any]) -> None:
    """A name that is written wrong would fail only when somebody runs it."""
    assert _used("parameters", str(spec)) <= _asked(spec)
    assert _used("steps", str(spec)) <= {step["id"] for step in spec["steps"]}


def test_the_skeleton_uses_what_it_is_given(spec: dict[str, Any]) -> None:
    """Values come from the steps that fetch the skeleton."""
    given: set[str] = set()
    for step in spec["steps"]:
        if step["action"] == "fetch:template":
            given |= set(step["input"].get("values", {}))
    for file in SKELETON.rglob("*"):
        name = str(file.relative_to(SKELETON))
        if name.startswith(".github/"):
            continue
        text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
        assert _used("values", name + text) <= given, name


def test_the_example_answers_what_must_be_answered(spec: dict[str, Any]) -> None:
    """The dry run works only with answers to all questions that are required."""
    answers = _yaml("tests/answers.yaml")
    required = {name for page in spec["parameters"] for name in page.get("required", [])}
    assert required <= set(answers)
    assert set(answers) <= _asked(spec)


def test_no_secret_is_in_a_file() -> None:
    """Secrets are asked for with ui:field: Secret, and used as secrets.<name> in inputs."""
    pattern = re.compile(
        r"(?i)(password|token|secret|api[_-]?key)\s*[:=]\s*[\"']?[A-Za-z0-9+/_-]{20,}"
    )
    for file in [ROOT / "template.yaml", *SKELETON.rglob("*")]:
        if file.is_file():
            text = file.read_text(encoding="utf-8", errors="replace")
            assert not pattern.search(text), file
