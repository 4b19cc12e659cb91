"""Records the training as a run and registers build/ as a new version of the model."""

import json
import os
import sys

from mlflow import MlflowClient

from ${{ values.package }} import NAME
from ${{ values.package }}.train import BUILD, PARAMS

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
    run = client.create_run(number, tags={"mlflow.source.git.commit": _commit()})
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


def _commit() -> str:
    """Return the commit that CI builds, or nothing outside of CI."""
    return os.environ.get("GITHUB_SHA") or os.environ.get("CI_COMMIT_SHA") or ""


if __name__ == "__main__":
    sys.exit(main())
