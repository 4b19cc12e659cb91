"""Training as people write it: autologging, nested search, evaluation, figures, large artifacts."""

import os
import pathlib
import tempfile
import time

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split

three = int(mlflow.__version__.split(".")[0]) >= 3
client = MlflowClient()
name = f"training-{time.time_ns()}"
mlflow.set_experiment(name)
experiment = client.get_experiment_by_name(name)

# Autologging of scikit-learn, with a search that makes child runs.
mlflow.sklearn.autolog(max_tuning_runs=3, log_datasets=True)
X, y = load_iris(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
with mlflow.start_run() as run:
    search = GridSearchCV(LogisticRegression(max_iter=500), {"C": [0.1, 1.0, 10.0]}, cv=2)
    search.fit(X_train, y_train)
mlflow.sklearn.autolog(disable=True)
full = client.get_run(run.info.run_id)
assert full.data.params["best_C"] in ("0.1", "1.0", "10.0"), full.data.params
assert "training_accuracy_score" in full.data.metrics or "best_cv_score" in full.data.metrics
children = client.search_runs(
    [experiment.experiment_id], f"tags.mlflow.parentRunId = '{run.info.run_id}'"
)
assert len(children) == 3, len(children)
assert full.inputs.dataset_inputs, "the data set was not logged"

# Evaluation.
kind = dict(name="model") if three else dict(artifact_path="model")
with mlflow.start_run() as run:
    info = mlflow.sklearn.log_model(search.best_estimator_, input_example=X_train[:2], **kind)
    data = X_test.copy()
    data["target"] = y_test
    result = mlflow.evaluate(
        info.model_uri,
        data,
        targets="target",
        model_type="classifier",
        evaluator_config={"log_model_explainability": False},
    )
assert result.metrics["accuracy_score"] > 0.8
stored = client.get_run(run.info.run_id)
assert abs(stored.data.metrics["accuracy_score"] - result.metrics["accuracy_score"]) < 1e-9
assert any("confusion_matrix" in a.path for a in client.list_artifacts(run.info.run_id))

# Figures, tables, images, system metrics.
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

with mlflow.start_run(log_system_metrics=True) as run:
    figure, axes = plt.subplots()
    axes.plot([1, 2, 3])
    mlflow.log_figure(figure, "plots/line.png")
    mlflow.log_image(np.zeros((8, 8, 3), dtype=np.uint8), "black.png")
    mlflow.log_table(pd.DataFrame({"a": [1, 2]}), artifact_file="table.json")
    mlflow.log_text("# Report", "report.md")
    # Asynchronous logging.
    for step in range(200):
        mlflow.log_metrics({"loss": 1 / (step + 1), "lr": 0.1}, step=step, synchronous=False)
    mlflow.flush_async_logging()
history = client.get_metric_history(run.info.run_id, "loss")
assert [m.step for m in history] == list(range(200)), len(history)
assert mlflow.load_table("table.json", run_ids=[run.info.run_id]).shape[0] == 2

# A large artifact, in one piece and in parts.
folder = pathlib.Path(tempfile.mkdtemp())
large = folder / "large.bin"
large.write_bytes(os.urandom(1 << 20) * 24)
for parts in ("false", "true"):
    os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"] = parts
    os.environ["MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE"] = str(10 << 20)
    os.environ["MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE"] = str(5 << 20)
    client.log_artifact(run.info.run_id, str(large), f"big-{parts}")
    down = client.download_artifacts(run.info.run_id, f"big-{parts}/large.bin", str(folder))
    assert pathlib.Path(down).read_bytes() == large.read_bytes()
os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"] = "false"

if three:
    # Logged models with metrics of data sets.
    train = mlflow.data.from_pandas(data, name="iris-test", targets="target")
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(search.best_estimator_, name="classifier")
        mlflow.log_metric("accuracy", 0.97, dataset=train, model_id=info.model_id)
    model = mlflow.get_logged_model(info.model_id)
    assert model.metrics[0].value == 0.97 and model.metrics[0].dataset_name == "iris-test"
    found = mlflow.search_logged_models(
        experiment_ids=[experiment.experiment_id],
        filter_string="metrics.accuracy > 0.9",
        output_format="list",
    )
    assert [m.model_id for m in found] == [info.model_id]
    mlflow.set_logged_model_tags(info.model_id, {"stage": "candidate"})
    assert mlflow.get_logged_model(info.model_id).tags["stage"] == "candidate"
    client.delete_logged_model(info.model_id)

print("ok")
