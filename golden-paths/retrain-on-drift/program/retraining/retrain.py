"""Trains a candidate on recent rows, compares it with the champion, and registers it.

The candidate becomes a version with the alias `challenger`. It is never promoted here: that is for
the gates of the registry, and for people.

What it needs of the project is one package below src/ with `data.load()` and `data.TARGET`, and
`train.fit(frame)`, `train.write(trained, folder)` and `train.BUILD`, where the bundle goes:
model.onnx with one input for each column, and interface.json, which describes them.
"""

import argparse
import hashlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import mlflow
import numpy as np
import onnxruntime
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag
from mlflow.exceptions import MlflowException

ROOT = Path(__file__).resolve().parents[1]
ADDRESS = "MLFLOW_TRACKING_URI"
CHAMPION = "champion"
CHALLENGER = "challenger"
JUDGED = 0.3
"""Share of the recent rows, the newest of them, that both models are compared on."""
FEWEST = 20
"""Rows below which a comparison says nothing."""
PATIENCE = 300.0
"""Seconds that the registry's scan may take."""

Say = Callable[[pd.DataFrame], np.ndarray]


class Stop(Exception):
    """What keeps the retraining from going on, in a sentence for people."""


@dataclass(frozen=True)
class Alert:
    """Why there is a retraining, as the file beside the note has it."""

    file: Path
    said: Mapping[str, Any]

    @property
    def model(self) -> str:
        """Return the model's name in the registry."""
        return str(self.said["model"])

    @property
    def data(self) -> str:
        """Return where the recent rows lie."""
        return str(self.said["data"])

    def tags(self) -> dict[str, str]:
        """Return what a version is marked with."""
        names = ("feature", "method", "score", "threshold", "window", "alert", "task", "version")
        known = {name: self.said.get(name) for name in names}
        return {f"retraining.{n}": str(v) for n, v in known.items() if v not in (None, "")}


@dataclass(frozen=True)
class Comparison:
    """Two models on the same rows, which neither has seen.

    `gain` is how much better the candidate is, in the unit of the first figure; `low` and `high`
    are the ends of its 95 % interval, from the differences row by row.
    """

    rows: int
    champion: dict[str, float]
    candidate: dict[str, float]
    gain: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """Return better, worse, or that the rows do not tell."""
        if self.low > 0:
            return "better"
        return "worse" if self.high < 0 else "not clearly different"


def alert(named: str | None) -> Alert:
    """Read the alert that was named, or the newest one in the folder."""
    files = [Path(named)] if named else sorted((ROOT / "retraining").glob("*.json"))
    if not files or not files[-1].exists():
        raise Stop("There is no alert: retraining/<date>-<what>.json. Name one with --alert.")
    return Alert(files[-1], json.loads(files[-1].read_text(encoding="utf-8")))


def project() -> tuple[ModuleType, ModuleType]:
    """Return the modules `data` and `train` of the project's package."""
    found = sorted(file.parent.name for file in (ROOT / "src").glob("*/train.py"))
    if len(found) != 1:
        raise Stop(f"One package below src/ must have a train.py; there are {len(found)}.")
    return importlib.import_module(f"{found[0]}.data"), importlib.import_module(f"{found[0]}.train")


def read(place: str) -> pd.DataFrame:
    """Read a table from a path in the repository, an address, or what a run has logged."""
    if place.startswith(("runs:/", "mlflow-artifacts:/")):
        with tempfile.TemporaryDirectory() as folder:
            file = mlflow.artifacts.download_artifacts(artifact_uri=place, dst_path=folder)
            return pd.read_csv(file)
    if place.startswith("https://"):
        return pd.read_csv(place)
    if not (ROOT / place).is_file():
        raise Stop(f"There is no {place}. Put the recent rows there, or name them with --data.")
    return pd.read_csv(ROOT / place)


def prepared(recent: pd.DataFrame, known: pd.DataFrame, target: str, order: str) -> pd.DataFrame:
    """Return recent rows with the columns of the known ones, the oldest row first.

    Rows that the project has already are left out, and so are those without the column to predict.
    """
    if order:
        if order not in recent:
            raise Stop(f"The recent rows have no column {order} to put them in order.")
        recent = recent.sort_values(order, kind="stable").drop(columns=order)
    recent.columns = [
        "".join(one if one.isalnum() else "_" for one in str(column)).strip("_")
        for column in recent.columns
    ]
    missing = [column for column in known.columns if column not in recent]
    if missing:
        raise Stop(f"The recent rows lack: {', '.join(missing)}.")
    recent = recent[list(known.columns)].dropna(subset=[target])
    for column in known.select_dtypes("number").columns:
        recent[column] = pd.to_numeric(recent[column], errors="coerce")
    fresh = ~_marks(recent).isin(_marks(known))
    return recent[fresh].reset_index(drop=True)


def _marks(frame: pd.DataFrame) -> pd.Series:
    """Return a number for each row that equal rows share."""
    numbers = frame.select_dtypes("number").columns
    plain = frame.astype(dict.fromkeys(numbers, float))
    rest = [column for column in frame.columns if column not in numbers]
    return pd.util.hash_pandas_object(plain.astype(dict.fromkeys(rest, str)), index=False)


def split(recent: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the older rows, to learn from, and the newest, to judge by."""
    judged = round(len(recent) * JUDGED)
    if judged < FEWEST:
        raise Stop(
            f"There are {len(recent)} recent rows that the model has not seen. "
            f"It takes {round(FEWEST / JUDGED)}, so that {FEWEST} are left to compare on."
        )
    return recent.iloc[:-judged], recent.iloc[-judged:]


def answers(folder: Path) -> Say:
    """Return what asks the bundle in a folder: a value or a label for each row."""
    described = json.loads((folder / "interface.json").read_text(encoding="utf-8"))
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    kinds = {one.name: one.type for one in session.get_inputs()}
    wanted = ("label", "value")
    output = next(one["name"] for one in described["outputs"] if one["kind"] in wanted)

    def say(rows: pd.DataFrame) -> np.ndarray:
        feed = {
            name: rows[[name]].astype(str).to_numpy(object)
            if kind == "tensor(string)"
            else rows[[name]].to_numpy(np.float32)
            for name, kind in kinds.items()
        }
        return np.asarray(session.run([output], feed)[0]).reshape(-1)

    return say


def compare(candidate: Say, champion: Say, rows: pd.DataFrame, target: str) -> Comparison:
    """Ask both models the same rows, and hold their answers against what really happened."""
    said = {"candidate": candidate(rows), "champion": champion(rows)}
    if said["champion"].dtype.kind in "fiu":
        truth = rows[target].to_numpy(float)
        errors = {who: np.abs(one.astype(float) - truth) for who, one in said.items()}
        figures = {
            who: {"mae": float(one.mean()), "rmse": float(np.sqrt((one**2).mean()))}
            for who, one in errors.items()
        }
        gains = errors["champion"] - errors["candidate"]
    else:
        labels = rows[target].astype(str).to_numpy()
        right = {who: one.astype(str) == labels for who, one in said.items()}
        classes = np.unique(labels)
        figures = {
            who: {
                "accuracy": float(one.mean()),
                "balanced_accuracy": float(np.mean([one[labels == c].mean() for c in classes])),
            }
            for who, one in right.items()
        }
        gains = right["candidate"].astype(float) - right["champion"].astype(float)
    gain = float(gains.mean())
    margin = 1.96 * float(gains.std(ddof=1)) / float(np.sqrt(len(gains)))
    return Comparison(
        len(rows), figures["champion"], figures["candidate"], gain, gain - margin, gain + margin
    )


def report(why: Alert, version: str, learned: int, one: Comparison) -> str:
    """Return the comparison in Markdown, for the card, CI and people."""
    figure = next(iter(one.candidate))
    lines = [
        f"| on {one.rows} recent rows | version {version} | candidate |",
        "|---|---|---|",
        *[f"| {n} | {one.champion[n]:.4g} | {one.candidate[n]:.4g} |" for n in one.candidate],
        "",
        f"The candidate is **{one.verdict}**: {one.gain:+.4g} in {figure} "
        f"(95 % interval {one.low:+.4g} to {one.high:+.4g}).",
        f"It learned from {learned} recent rows beside the former ones; neither model has seen "
        "the rows that they are compared on.",
        f"Why: {why.said['feature']} drifts.",
    ]
    return "\n".join(lines) + "\n"


def holder(client: MlflowClient, why: Alert) -> str:
    """Return the version to compare with: the champion, else the one that was watched."""
    try:
        return str(client.get_model_version_by_alias(why.model, CHAMPION).version)
    except MlflowException:
        return str(why.said["version"])


def register(
    client: MlflowClient,
    why: Alert,
    build: Path,
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
    summary: str,
    inputs: list[DatasetInput],
) -> str:
    """Record the run and register the bundle; return the number of the version."""
    experiment = client.get_experiment_by_name(why.model)
    number = experiment.experiment_id if experiment else client.create_experiment(why.model)
    run = client.create_run(number, run_name=f"Retrain: {why.file.stem}", tags={**tags, **code()})
    for name, value in metrics.items():
        client.log_metric(run.info.run_id, name, value)
    client.log_inputs(run.info.run_id, inputs)
    client.log_artifacts(run.info.run_id, str(build), "model")
    client.set_terminated(run.info.run_id)
    version = client.create_model_version(
        why.model,
        f"{run.info.artifact_uri}/model",
        run.info.run_id,
        tags=dict(tags),
        description=summary,
    )
    return str(version.version)


def code() -> dict[str, str]:
    """Return the tags that say which commit trains, as far as CI or Git know."""
    hub = os.environ.get("GITHUB_REPOSITORY")
    repository = (
        f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{hub}"
        if hub
        else os.environ.get("CI_PROJECT_URL") or _git("remote", "get-url", "origin")
    )
    commit = os.environ.get("GITHUB_SHA") or os.environ.get("CI_COMMIT_SHA")
    tags = {
        # What stands before the host may be a credential.
        "mlflow.source.git.repoURL": _without_user(repository),
        "mlflow.source.git.commit": commit or _git("rev-parse", "HEAD"),
    }
    return {name: value for name, value in tags.items() if value}


def _without_user(address: str) -> str:
    scheme, mark, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}" if mark else address


def _git(*words: str) -> str:
    """Return what Git says here, or nothing where there is none."""
    try:
        said = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return said.stdout.strip()


def challenge(client: MlflowClient, model: str, version: str) -> str:
    """Wait for the scan, then give the version its alias; return what came of it."""
    until = time.monotonic() + PATIENCE
    while client.get_model_version(model, version).status == "PENDING_REGISTRATION":
        if time.monotonic() > until:
            return f"Its scan takes longer than {PATIENCE:.0f} s; give it the alias afterwards."
        time.sleep(0.5)
    found = client.get_model_version(model, version)
    if found.status != "READY":
        raise Stop(f"The registry refused version {version}: {found.status_message}")
    try:
        client.set_registered_model_alias(model, CHALLENGER, version)
    except MlflowException as refusal:
        return f"It did not get the alias {CHALLENGER}: {refusal}"
    return f"It is the {CHALLENGER}."


def main(words: list[str] | None = None) -> int:
    """Retrain, compare, register, and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--alert", help="its file, the newest in retraining/ unless given")
    parser.add_argument("--data", help="recent rows, those of the alert unless given")
    asked = parser.parse_args(words)
    if not os.environ.get(ADDRESS):
        print(f"Set {ADDRESS} to the portal, and MLFLOW_TRACKING_TOKEN to a token of yours.")
        return 2
    try:
        return retrain(alert(asked.alert), asked.data)
    except Stop as reason:
        print(reason)
        return 1


def retrain(why: Alert, place: str | None) -> int:
    """Do all of it for one alert."""
    data, train = project()
    client = MlflowClient()
    known = data.load()
    recent = prepared(read(place or why.data), known, data.TARGET, str(why.said.get("time") or ""))
    learn, judge = split(recent)
    trained = train.fit(pd.concat([known, learn], ignore_index=True))
    train.write(trained, train.BUILD)
    version = holder(client, why)
    with tempfile.TemporaryDirectory() as folder:
        uri = f"models:/{why.model}/{version}"
        champion = mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=folder)
        compared = compare(answers(train.BUILD), answers(Path(champion)), judge, data.TARGET)
    summary = report(why, version, len(learn), compared)
    (train.BUILD / "comparison.md").write_text(summary, encoding="utf-8")
    card = train.BUILD / "README.md"
    said = f"\n## Compared with version {version}\n{summary}"
    card.write_text(card.read_text(encoding="utf-8") + said, encoding="utf-8")
    metrics = {
        **trained.metrics,
        **{f"recent_{name}": value for name, value in compared.candidate.items()},
        **{f"champion_recent_{name}": value for name, value in compared.champion.items()},
        "recent_gain": compared.gain,
        "recent_gain_low": compared.low,
        "recent_gain_high": compared.high,
    }
    tags = {
        **why.tags(),
        "retraining.compared_with": version,
        "retraining.verdict": compared.verdict,
        "retraining.gain": f"{compared.gain:+.4g}",
    }
    number = register(
        client, why, train.BUILD, metrics, tags, summary, [_input(place or why.data, recent)]
    )
    print(summary)
    print(f"Registered {why.model} version {number}. {challenge(client, why.model, number)}")
    print(f"Promote it, or not: {os.environ[ADDRESS]}/models/{why.model}/versions/{number}")
    return 0


def _input(place: str, recent: pd.DataFrame) -> DatasetInput:
    """Return the recent rows as the run's lineage has them."""
    marks = pd.util.hash_pandas_object(recent, index=False).to_numpy()
    digest = hashlib.sha256(marks.tobytes()).hexdigest()[:16]
    source = json.dumps({"uri": place})
    rows = Dataset("recent-rows", digest, "code", source, profile=f'{{"num_rows": {len(recent)}}}')
    return DatasetInput(rows, [InputTag("mlflow.data.context", "training")])


if __name__ == "__main__":
    sys.exit(main())
