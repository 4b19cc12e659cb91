"""Registering, aliases, stages, tags, searching, loading back, and sources that must be refused."""

import time, mlflow, numpy as np, sys, os
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sklearn.ensemble import RandomForestRegressor
from sklearn.datasets import make_regression
from mlflow.models import infer_signature

three = int(mlflow.__version__.split(".")[0]) >= 3
c = MlflowClient()
print(mlflow.__version__)
n = f"{time.time_ns()}"
X, y = make_regression(n_features=4, n_informative=2, random_state=0, shuffle=False)
m = RandomForestRegressor(max_depth=2, n_estimators=5, random_state=42).fit(X, y)
mlflow.set_experiment("registry-" + n)
kw = dict(name="model") if three else dict(artifact_path="model")
sk = dict(skops_trusted_types=["sklearn.tree._tree.Tree"]) if three else {}
with mlflow.start_run() as r:
    mlflow.log_params({"max_depth": 2})
    mlflow.log_metric("mse", 0.1)
    info = mlflow.sklearn.log_model(
        m,
        signature=infer_signature(X, m.predict(X)),
        input_example=X[:2],
        registered_model_name="Random Forest " + n,
        **kw,
        **sk,
    )
mv = c.get_model_version("Random Forest " + n, "1")
print(mv.status, mv.source, mv.run_id, getattr(mv, "model_id", None))
assert mv.status == "READY" and mv.run_id == r.info.run_id
c.set_registered_model_alias("Random Forest " + n, "champion", "1")
l = mlflow.pyfunc.load_model(f"models:/Random Forest {n}@champion")
assert np.allclose(l.predict(X), m.predict(X))
l = mlflow.sklearn.load_model(f"models:/Random Forest {n}/1")
assert np.allclose(l.predict(X), m.predict(X))
l = mlflow.pyfunc.load_model(info.model_uri)
assert np.allclose(l.predict(X), m.predict(X))
v2 = mlflow.register_model(f"runs:/{r.info.run_id}/model", "Random Forest " + n)
assert v2.version in (2, "2"), v2
rm = c.get_registered_model("Random Forest " + n)
assert rm.aliases == {"champion": "1"} or rm.aliases == {"champion": 1}, rm.aliases
assert c.get_model_version_by_alias("Random Forest " + n, "champion").version in ("1", 1)
c.set_model_version_tag("Random Forest " + n, "1", "k", "v")
c.set_registered_model_tag("Random Forest " + n, "team", "x")
c.update_model_version("Random Forest " + n, "1", "desc")
c.update_registered_model("Random Forest " + n, "about")
assert c.get_model_version("Random Forest " + n, "1").tags == {"k": "v"}
assert [x.name for x in c.search_registered_models(f"name = 'Random Forest {n}'")] == [
    "Random Forest " + n
]
assert [x.name for x in c.search_registered_models("tags.team = 'x'")].count(
    "Random Forest " + n
) == 1
vs = c.search_model_versions(f"name = 'Random Forest {n}'")
assert sorted(int(v.version) for v in vs) == [1, 2]
assert len(c.search_model_versions(f"run_id = '{r.info.run_id}'")) == 2
assert len(c.search_model_versions(f"name = 'Random Forest {n}' and tags.k = 'v'")) == 1
c.transition_model_version_stage("Random Forest " + n, "2", "Production")
assert [int(v.version) for v in c.get_latest_versions("Random Forest " + n, ["Production"])] == [2]
c.delete_model_version_tag("Random Forest " + n, "1", "k")
c.delete_registered_model_tag("Random Forest " + n, "team")
c.delete_model_version("Random Forest " + n, "2")
try:
    c.get_model_version("Random Forest " + n, "2")
    assert False
except MlflowException as x:
    assert x.error_code == "RESOURCE_DOES_NOT_EXIST", x
try:
    c.delete_model_version("Random Forest " + n, "1")
    assert False
except MlflowException as x:
    print(x)
c.delete_registered_model_alias("Random Forest " + n, "champion")
v3 = mlflow.register_model(
    info.model_uri if three else f"runs:/{r.info.run_id}/model", "Random Forest " + n
)
assert int(v3.version) == 3
c.copy_model_version(f"models:/Random Forest {n}/1", "copy-" + n)
assert np.allclose(mlflow.pyfunc.load_model(f"models:/copy-{n}/1").predict(X), m.predict(X))
for bad in (
    "file:///etc/passwd",
    "/etc/passwd",
    "s3://b/x",
    "mlflow-artifacts:/0/../../etc",
    "http://127.0.0.1/x",
    "runs:/" + "0" * 32 + "/model",
    "models:/nope/1",
    "mlflow-artifacts://evil/1/%2e%2e/%2e%2e/x",
):
    try:
        c.create_model_version("copy-" + n, bad, run_id=r.info.run_id)
        assert False, bad
    except MlflowException as x:
        assert x.error_code in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"), (bad, x)


# pyfunc
class Add(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input * 2


with mlflow.start_run():
    i = mlflow.pyfunc.log_model(python_model=Add(), **kw)
    try:
        mlflow.register_model(i.model_uri, "Py_" + n)
        print("pyfunc", c.get_model_version("Py_" + n, "1").status)
        print(mlflow.pyfunc.load_model(f"models:/Py_{n}/1").predict(np.array([1, 2])))
    except MlflowException as x:
        print("PYFUNC", x)
# onnx
from skl2onnx import to_onnx

with mlflow.start_run():
    o = to_onnx(m, X[:1].astype(np.float32))
    i = mlflow.onnx.log_model(
        o, registered_model_name="onnx-" + n, signature=infer_signature(X.astype(np.float32)), **kw
    )
print("onnx", c.get_model_version("onnx-" + n, "1").status)
print(mlflow.pyfunc.load_model(f"models:/onnx-{n}/1").predict(X[:1].astype(np.float32)))
# renaming and deleting
try:
    c.rename_registered_model("onnx-" + n, "copy-" + n)
    assert False
except MlflowException as x:
    assert x.error_code == "RESOURCE_ALREADY_EXISTS", x
c.rename_registered_model("onnx-" + n, "Renamed (" + n + ")")
assert c.get_registered_model("Renamed (" + n + ")").name == "Renamed (" + n + ")"
print(mlflow.pyfunc.load_model(f"models:/Renamed ({n})/1").predict(X[:1].astype(np.float32)))
c.delete_registered_model("Renamed (" + n + ")")
for gone in ("onnx-" + n, "Renamed (" + n + ")"):
    try:
        c.get_registered_model(gone)
        assert False
    except MlflowException as x:
        assert x.error_code == "RESOURCE_DOES_NOT_EXIST", x
assert c.create_registered_model("Renamed (" + n + ")").latest_versions == []
print("ok")
