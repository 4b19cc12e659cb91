"""PyTorch as people write it: models as a whole, weights alone, autologging, the way to ONNX."""

import importlib.util
import tempfile
import time

import mlflow
import mlflow.pytorch
import numpy as np
import torch
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from torch import nn

three = int(mlflow.__version__.split(".")[0]) >= 3
client = MlflowClient()
name = f"pytorch-{time.time_ns()}"
mlflow.set_experiment(name)
kind = dict(name="model") if three else dict(artifact_path="model")

torch.manual_seed(0)
X = torch.randn(64, 4)
y = (X.sum(dim=1) > 0).long()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(4, 8)
        self.out = nn.Linear(8, 2)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x)))


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
with mlflow.start_run() as run:
    for step in range(20):
        loss = nn.functional.cross_entropy(net(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        mlflow.log_metric("loss", loss.item(), step=step)
    net.eval()
    mlflow.pytorch.log_state_dict(net.state_dict(), artifact_path="weights")
history = client.get_metric_history(run.info.run_id, "loss")
assert [m.step for m in history] == list(range(20))
weights = mlflow.pytorch.load_state_dict(f"runs:/{run.info.run_id}/weights")
again = Net()
again.load_state_dict(weights)
assert torch.allclose(again(X), net(X))

# As a whole: a pickle with the script's class in it; MLflow 3 writes pt2 where torch has it.
formats = [{}]
if three:
    formats = [dict(serialization_format="pickle")]
    if hasattr(torch, "export"):
        formats.append(dict(serialization_format="pt2"))
for number, form in enumerate(formats):
    with mlflow.start_run():
        info = mlflow.pytorch.log_model(net, input_example=X[:2].numpy(), **kind, **form)
    back = mlflow.pytorch.load_model(info.model_uri)
    back = back.module() if hasattr(back, "module") else back
    assert torch.allclose(back(X[:2]), net(X[:2]), atol=1e-6)
    answers = mlflow.pyfunc.load_model(info.model_uri).predict(X[:2].numpy())
    assert np.allclose(answers, net(X[:2]).detach().numpy(), atol=1e-5)
    registered = f"{name}-{number}"
    version = mlflow.register_model(info.model_uri, registered)
    version = client.get_model_version(registered, version.version)
    assert version.status == "READY", version.status_message
    client.set_registered_model_alias(registered, "candidate", version.version)
    back = mlflow.pytorch.load_model(f"models:/{registered}@candidate")
    back = back.module() if hasattr(back, "module") else back
    assert torch.allclose(back(X[:2]), net(X[:2]), atol=1e-6)

# A file that would take over the machine of whoever loads it is refused, and the client says why.

class Evil:
    def __reduce__(self):
        import os

        return (os.system, ("true",))


with mlflow.start_run() as run:
    with tempfile.TemporaryDirectory() as folder:
        torch.save({"weights": torch.ones(2), "more": Evil()}, folder + "/model.pth")
        mlflow.log_artifact(folder + "/model.pth", "evil")
    client.create_registered_model(f"{name}-evil")
    try:
        client.create_model_version(
            f"{name}-evil", f"runs:/{run.info.run_id}/evil", run.info.run_id
        )
        raise AssertionError("it was registered")
    except MlflowException as e:
        assert "posix.system" in str(e), e

# Autologging watches Lightning, where that is installed.
if importlib.util.find_spec("pytorch_lightning"):
    import pytorch_lightning as pl

    class Lit(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = Net()

        def training_step(self, batch, _):
            loss = nn.functional.cross_entropy(self.net(batch[0]), batch[1])
            self.log("train_loss", loss, on_epoch=True)
            return loss

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=0.02)

    mlflow.pytorch.autolog()
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, y), batch_size=16)
    with tempfile.TemporaryDirectory() as folder, mlflow.start_run() as run:
        trainer = pl.Trainer(
            max_epochs=3,
            accelerator="cpu",
            enable_progress_bar=False,
            logger=False,
            default_root_dir=folder,
        )
        trainer.fit(Lit(), loader)
    full = client.get_run(run.info.run_id)
    assert full.data.params["optimizer_name"] == "Adam", full.data.params
    assert full.data.params["epochs"] == "3", full.data.params
    assert "train_loss" in full.data.metrics, full.data.metrics
    steps = [m.step for m in client.get_metric_history(run.info.run_id, "train_loss_epoch")]
    assert steps == [0, 1, 2], steps
    files = [a.path for a in client.list_artifacts(run.info.run_id)]
    assert "model_summary.txt" in files, files
    print("autologged")

print("ok")
