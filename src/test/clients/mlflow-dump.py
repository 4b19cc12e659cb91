"""Prints everything that a tracking server or store has, as the ordinary client sees it, in one form."""

import hashlib
import json
import os
import sys
import tempfile

from mlflow import MlflowClient
from mlflow.entities import ViewType

# Where things lie and what they are called by the server is its own matter.
client = MlflowClient()
prefix = os.environ.get("PREFIX", "")
only = set(sys.argv[1].split("|")) if len(sys.argv) > 1 and sys.argv[1] else None


def number(value):
    return repr(value)


def files(run_id, folder):
    found = {}

    def walk(path):
        for one in client.list_artifacts(run_id, path):
            if one.is_dir:
                walk(one.path)
            else:
                local = client.download_artifacts(run_id, one.path, folder)
                with open(local, "rb") as data:
                    found[one.path] = hashlib.sha256(data.read()).hexdigest()

    walk(None)
    return found


def pages(search):
    token, all = None, []
    while True:
        page = search(token)
        all += page
        token = page.token
        if not token:
            return all


everything = {}
names = {}
experiments = pages(lambda t: client.search_experiments(view_type=ViewType.ALL, page_token=t))
runs = {}
for experiment in experiments:
    runs[experiment.experiment_id] = pages(
        lambda t: client.search_runs(
            [experiment.experiment_id], run_view_type=ViewType.ALL, page_token=t, max_results=1000
        )
    )
    for run in runs[experiment.experiment_id]:
        names[run.info.run_id] = run.info.run_name
# Of several deleted ones of a name, the last.
for experiment in sorted(experiments, key=lambda e: e.creation_time):
    if experiment.name == "Default" or (only and experiment.name not in only):
        continue
    plain = experiment.name.removeprefix(prefix).split(" (imported")[0]
    told = {}
    for run in runs[experiment.experiment_id]:
        tags = dict(run.data.tags)
        tags.pop("mlflow.log-model.history", None)
        if "mlflow.parentRunId" in tags:
            tags["mlflow.parentRunId"] = names.get(tags["mlflow.parentRunId"], "?")
        with tempfile.TemporaryDirectory() as folder:
            told[run.info.run_name] = {
                "status": run.info.status,
                "stage": run.info.lifecycle_stage,
                "start": run.info.start_time,
                "end": run.info.end_time,
                "user": run.info.user_id,
                "params": run.data.params,
                "tags": tags,
                "latest": {key: number(value) for key, value in run.data.metrics.items()},
                "history": {
                    # The same point twice is one point to MLflow's SQL store, and two to its files.
                    key: sorted(
                        {
                            (m.step, m.timestamp, number(m.value))
                            for m in client.get_metric_history(run.info.run_id, key)
                        }
                    )
                    for key in run.data.metrics
                },
                "inputs": sorted(
                    json.dumps(
                        {
                            "name": i.dataset.name,
                            "digest": i.dataset.digest,
                            "source": i.dataset.source,
                            "schema": i.dataset.schema,
                            "profile": i.dataset.profile,
                            "tags": {t.key: t.value for t in i.tags},
                        },
                        sort_keys=True,
                    )
                    for i in run.inputs.dataset_inputs
                ),
                "outputs": len(getattr(run.outputs, "model_outputs", []) if getattr(run, "outputs", None) else []),
                "files": files(run.info.run_id, folder),
            }
    everything[plain] = {
        "stage": experiment.lifecycle_stage,
        "tags": experiment.tags,
        "created": experiment.creation_time,
        "runs": told,
    }
    if hasattr(client, "search_logged_models"):
        logged = pages(
            lambda t: client.search_logged_models([experiment.experiment_id], page_token=t)
        )
        everything[plain]["models"] = sorted(
            json.dumps(
                {
                    "name": m.name,
                    "status": str(m.status),
                    "type": m.model_type or "",
                    "run": names.get(m.source_run_id),
                    "params": m.params,
                    "metrics": sorted((x.key, number(x.value), x.step) for x in m.metrics or []),
                },
                sort_keys=True,
            )
            for m in logged
        )

registry = {}
if not os.environ.get("NO_REGISTRY"):
    suffix = os.environ.get("MODEL_SUFFIX", "")
    for model in pages(lambda t: client.search_registered_models(page_token=t)):
        plain = model.name.removeprefix(prefix).split(" (imported")[0]
        wanted = os.environ.get("MODELS", "").split("|")
        if plain not in wanted or model.name != prefix + plain + suffix:
            continue
        registry[plain] = {
            "description": model.description or "",
            "tags": model.tags,
            "aliases": {str(k): str(v) for k, v in model.aliases.items()},
            "versions": {
                str(v.version): {
                    "description": v.description or "",
                    "stage": v.current_stage,
                    "tags": v.tags,
                    "run": names.get(v.run_id, "?"),
                }
                for v in client.search_model_versions(
                    "name='%s'" % model.name.replace("'", "\\'")
                )
            },
        }
        everything["registry"] = registry
print(json.dumps(everything, sort_keys=True, indent=1))
