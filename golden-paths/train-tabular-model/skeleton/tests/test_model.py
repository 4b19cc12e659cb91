"""What must hold of every model that this project trains."""

import json
from pathlib import Path

import numpy as np
import pytest

from training import data
from training.train import Trained, answer, fit, write


@pytest.fixture(scope="session")
def trained() -> Trained:
    """Train once for all tests."""
    return fit(data.load())


def test_is_better_than_guessing(trained: Trained) -> None:
    """A model that is no better than a constant is none."""
{% if values.task == 'classification' %}
    assert trained.metrics["accuracy"] > trained.metrics["majority_baseline_accuracy"]
{% else %}
    assert trained.metrics["mae"] < trained.metrics["median_baseline_mae"]
{% endif %}


def test_answers_as_the_pipeline_does(trained: Trained) -> None:
    """The exported graph says what the pipeline says.

    It holds the thresholds of the trees in 32 bits, so a row that lies on one may go the other way.
    """
    rows = trained.test[trained.columns]
{% if values.task == 'classification' %}
    said = answer(trained.graph, rows, trained.columns)[1]
    same = np.isclose(said, trained.pipeline.predict_proba(rows), atol=1e-4).all(axis=1)
{% else %}
    said = answer(trained.graph, rows, trained.columns)[0][:, 0]
    same = np.isclose(said, trained.pipeline.predict(rows), rtol=1e-3, atol=1e-3)
{% endif %}
    assert same.mean() >= 0.95


def test_answers_one_row_as_it_answers_many(trained: Trained) -> None:
    """The answer to a row does not depend on the rows beside it."""
    many = answer(trained.graph, trained.test, trained.columns)[-1]
    one = answer(trained.graph, trained.test.iloc[[0]], trained.columns)[-1]
    np.testing.assert_allclose(one[0], many[0], rtol=1e-5)


def test_writes_a_bundle_that_describes_the_graph(trained: Trained, tmp_path: Path) -> None:
    """Every field of the form is an input of the graph, and every input has one."""
    write(trained, tmp_path)
    described = json.loads((tmp_path / "interface.json").read_text(encoding="utf-8"))
    inputs = {value.name for value in trained.graph.graph.input}
    assert {field["input"] for field in described["fields"]} == inputs
    assert "{metrics}" not in (tmp_path / "README.md").read_text(encoding="utf-8")
