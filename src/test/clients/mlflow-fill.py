"""Fills a tracking server with a bit of everything, by the ordinary client."""

import math
import os
import tempfile

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

client = MlflowClient()
prefix = os.environ.get("PREFIX", "")

first = client.create_experiment(prefix + "penguins: species", tags={"team": "vision", "grüße": "köln"})
second = client.create_experiment(prefix + "walks")
gone = client.create_experiment(prefix + "thrown away")

mlflow.set_experiment(prefix + "penguins: species")
with mlflow.start_run(run_name="parent") as parent:
    mlflow.log_params({"lr": "0.1", "layers/first": "64", "empty": ""})
    mlflow.set_tags({"note": "many\nlines", "mlflow.note.content": "# A note"})
    for step in range(50):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_metric("odd/values", math.nan, step=0)
    mlflow.log_metric("odd/values", 1e300, step=1)
    mlflow.log_metric("odd/values", -0.5, step=2)
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "plots", "deep"))
        for name, text in {
            "plots/deep/a b.txt": "with a space",
            "ünï.txt": "unicode",
            "empty.txt": "",
            "big.bin": "x" * 3_000_000,
        }.items():
            with open(os.path.join(folder, name), "w") as out:
                out.write(text)
        mlflow.log_artifacts(folder)
    with mlflow.start_run(run_name="child", nested=True) as child:
        mlflow.log_metric("loss", 0.25)
        import numpy

        data = mlflow.data.from_numpy(numpy.array([[1.0, 2.0]]), name="measures")
        mlflow.log_input(data, context="training")

mlflow.set_experiment(prefix + "walks")
with mlflow.start_run(run_name="long") as long:
    now = 1_700_000_000_000
    for begin in range(0, 6_000, 1_000):
        client.log_batch(
            long.info.run_id,
            metrics=[Metric("walk", i * 0.5, now + i, i) for i in range(begin, begin + 1_000)],
        )
try:
    with mlflow.start_run(run_name="broken"):
        mlflow.log_param("why", "an error")
        raise ValueError("on purpose")
except ValueError:
    pass
deleted = client.create_run(second, run_name="deleted one")
client.delete_run(deleted.info.run_id)
client.delete_experiment(gone)

if os.environ.get("FILL_MODELS"):
    import sklearn.linear_model
    import mlflow.sklearn

    mlflow.set_experiment(prefix + "penguins: species")
    with mlflow.start_run(run_name="trained"):
        model = sklearn.linear_model.LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
        mlflow.log_metric("mse", 0.0)
        mlflow.sklearn.log_model(
            model, "model", registered_model_name=prefix + "Penguin Weights", input_example=[[0.5]]
        )
        mlflow.sklearn.log_model(model, "model", registered_model_name=prefix + "Penguin Weights")
    client.set_registered_model_alias(prefix + "Penguin Weights", "champion", "1")
    client.set_registered_model_alias(prefix + "Penguin Weights", "challenger", "2")
    client.update_registered_model(prefix + "Penguin Weights", description="Weights of penguins")
    client.set_registered_model_tag(prefix + "Penguin Weights", "owner", "ines")
    client.set_model_version_tag(prefix + "Penguin Weights", "2", "checked", "yes")
    client.update_model_version(prefix + "Penguin Weights", "2", description="The second")
    client.create_registered_model(prefix + "nothing yet", tags={"empty": "true"})
print("ok")
