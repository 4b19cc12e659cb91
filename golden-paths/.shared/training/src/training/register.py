"""Records the training as a run and registers build/ as a new version of the model."""

import json
import os
import subprocess
import sys

from mlflow import MlflowClient

from training import NAME
from training.train import BUILD, PARAMS

ADDRESS = "MLFLOW_TRACKING_URI"


def main() -> int:
    """Log parameters, figures and files, then register them."""
    if not os.environ.get(ADDRESS):
        print(f"Set {ADDRESS} to the portal, and MLFLOW_TRACKING_TOKEN to a token of yours.")
        return 2
    if not (BUILD / "model.onnx").exists():
        print("There is no build/model.onnx yet. Run `make train` first.")
        return 2
    client = MlflowClient()
    experiment = client.get_experiment_by_name(NAME)
    number = experiment.experiment_id if experiment else client.create_experiment(NAME)
    run = client.create_run(number, tags=_code())
    for name, value in PARAMS.items():
        client.log_param(run.info.run_id, name, value)
    for name, value in json.loads((BUILD / "metrics.json").read_text()).items():
        client.log_metric(run.info.run_id, name, value)
    client.log_artifacts(run.info.run_id, str(BUILD), "model")
    client.set_terminated(run.info.run_id)
    if not client.search_registered_models(f"name = '{NAME}'"):
        client.create_registered_model(NAME)
    source = f"{run.info.artifact_uri}/model"
    version = client.create_model_version(NAME, source, run.info.run_id)
    print(f"Registered {NAME} version {version.version}: {os.environ[ADDRESS]}/models/{NAME}")
    return 0


def _code() -> dict[str, str]:
    """Return the tags that say which code trained, as far as CI or Git know."""
    hub = os.environ.get("GITHUB_REPOSITORY")
    repository = (
        f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{hub}"
        if hub
        else os.environ.get("CI_PROJECT_URL") or _git("remote", "get-url", "origin")
    )
    # What stands before the host of an address may be a credential.
    scheme, mark, rest = repository.partition("://")
    host, slash, path = rest.partition("/")
    plain = f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}" if mark else repository
    commit = os.environ.get("GITHUB_SHA") or os.environ.get("CI_COMMIT_SHA")
    tags = {
        "mlflow.source.git.repoURL": plain,
        "mlflow.source.git.commit": commit or _git("rev-parse", "HEAD"),
    }
    return {name: value for name, value in tags.items() if value}


def _git(*words: str) -> str:
    """Return what Git says, or nothing where there is none."""
    try:
        said = subprocess.run(["git", *words], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return said.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
