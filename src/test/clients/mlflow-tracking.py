"""Experiments, runs, params, metrics, tags, artifacts and every kind of search condition."""

import os, sys, math, time, json, tempfile, pathlib
import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException, RestException

print("mlflow", mlflow.__version__)
c = MlflowClient()
name = f"exp-{time.time_ns()}"
eid = c.create_experiment(name, tags={"team": "fraud"})
e = c.get_experiment(eid)
assert e.name == name and e.tags["team"] == "fraud", e
assert c.get_experiment_by_name(name).experiment_id == eid
assert c.get_experiment_by_name("nope-" + name) is None
try:
    c.create_experiment(name)
    assert False
except RestException as x:
    assert x.error_code == "RESOURCE_ALREADY_EXISTS", x
mlflow.set_experiment(name)
with mlflow.start_run() as r:
    mlflow.log_param("depth", 7)
    mlflow.log_param("depth", 7)
    try:
        mlflow.log_param("depth", 8)
        assert False
    except MlflowException as x:
        assert x.error_code == "INVALID_PARAMETER_VALUE", x
    for i in range(20):
        mlflow.log_metric("loss", 1 / (i + 1), step=i)
    mlflow.log_metric("nan", float("nan"))
    mlflow.log_metric("inf", float("inf"))
    mlflow.log_metric("ninf", float("-inf"))
    mlflow.log_metrics({"a": 1, "b": 2}, step=3)
    mlflow.log_metric("async", 3.0, synchronous=False).wait()
    mlflow.set_tags({"x": "y", "with space": "v"})
    with mlflow.start_run(nested=True, run_name="child") as ch:
        mlflow.log_metric("loss", 0.01)
    mlflow.log_text("hello", "notes/a.txt")
    mlflow.log_dict({"a": 1}, "d.json")
    d = tempfile.mkdtemp()
    for p in ("x.txt", "sub/y ü&+%.txt"):
        q = pathlib.Path(d, p)
        q.parent.mkdir(exist_ok=True)
        q.write_text(p)
    mlflow.log_artifacts(d, "folder")
    import pandas as pd

    ds = mlflow.data.from_pandas(pd.DataFrame({"a": [1, 2]}), name="train-data")
    mlflow.log_input(ds, context="training")
run = c.get_run(r.info.run_id)
assert run.data.params == {"depth": "7"}, run.data.params
assert (
    abs(run.data.metrics["loss"] - 0.05) < 1e-9
    and math.isnan(run.data.metrics["nan"])
    and run.data.metrics["inf"] == math.inf
    and run.data.metrics["ninf"] == -math.inf
)
assert run.data.metrics["async"] == 3
assert len(c.get_metric_history(r.info.run_id, "loss")) == 20
assert run.inputs.dataset_inputs[0].dataset.name == "train-data"
assert run.info.status == "FINISHED"
print(
    [a.path for a in c.list_artifacts(r.info.run_id)],
    [a.path for a in c.list_artifacts(r.info.run_id, "folder/sub")],
)
assert (
    pathlib.Path(
        mlflow.artifacts.download_artifacts(
            run_id=r.info.run_id, artifact_path="folder/sub/y ü&+%.txt"
        )
    ).read_text()
    == "sub/y ü&+%.txt"
)
p = mlflow.artifacts.download_artifacts(run_id=r.info.run_id, artifact_path="")
print(sorted(str(x.relative_to(p)) for x in pathlib.Path(p).rglob("*") if x.is_file()))
assert mlflow.artifacts.load_text(run.info.artifact_uri + "/notes/a.txt") == "hello"


# search
def S(f, **k):
    return c.search_runs([eid], f, **k)


assert len(S("metrics.loss < 0.02")) == 1
assert len(S("params.depth = '7' and metrics.loss > 0.02 AND tags.x = 'y'")) == 1
assert len(S("tags.`with space` = 'v'")) == 1 and len(S('tags."with space" LIKE "%v"')) == 1
assert len(S("attributes.status = 'FINISHED'")) == 2 and len(S("run_name = 'child'")) == 1
assert len(S(f"run_id IN ('{r.info.run_id}','00')")) == 1
assert len(S("datasets.name = 'train-data'")) == 1
assert len(S("dataset.context = 'training'")) == 1
assert [x.info.run_name for x in S("", order_by=["metrics.loss ASC"])][0] == "child"
assert S(f"tags.mlflow.parentRunId = '{r.info.run_id}'")[0].info.run_name == "child"
pg = S("", max_results=1)
assert pg.token
pg2 = S("", max_results=1, page_token=pg.token)
assert not pg2.token and pg2[0].info.run_id != pg[0].info.run_id
for bad in (
    "metrics.loss < 'a'",
    "OR",
    "params.a = 1",
    "metrics.a = 1 OR metrics.b=2",
    "foo.bar = 'x'",
):
    try:
        S(bad)
        assert False, bad
    except RestException as x:
        assert x.error_code == "INVALID_PARAMETER_VALUE", (bad, x)
df = mlflow.search_runs([eid])
print(df.shape)
c.delete_run(ch.info.run_id)
assert len(S("")) == 1
try:
    c.log_metric(ch.info.run_id, "a", 1)
    assert False
except RestException as x:
    assert x.error_code == "INVALID_PARAMETER_VALUE"
c.restore_run(ch.info.run_id)
assert len(S("")) == 2
c.delete_experiment(eid)
assert c.get_experiment(eid).lifecycle_stage == "deleted"
assert c.search_experiments(filter_string=f"name = '{name}'") == []
c.restore_experiment(eid)
c.rename_experiment(eid, name + "-b")
assert (
    c.search_experiments(filter_string=f"name LIKE '{name}%' AND tags.team='fraud'")[0].name
    == name + "-b"
)
assert len(S("")) == 2
try:
    c.get_run("0" * 32)
    assert False
except MlflowException as x:
    assert x.error_code == "RESOURCE_DOES_NOT_EXIST", x
c.set_terminated(r.info.run_id, "KILLED")
c.update_run(r.info.run_id, name="new name")
assert (
    c.get_run(r.info.run_id).info.run_name == "new name"
    and c.get_run(r.info.run_id).data.tags["mlflow.runName"] == "new name"
)
c.delete_tag(r.info.run_id, "x")
assert "x" not in c.get_run(r.info.run_id).data.tags
c.set_experiment_tag(eid, "k", "v")
print("ok")
