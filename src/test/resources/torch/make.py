"""Writes the files beside it, with PyTorch 2.15 and MLflow 3.17."""

import pathlib

import mlflow.pytorch.pickle_module
import torch
from torch import nn

here = pathlib.Path(__file__).parent
torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(4, 2)

    def forward(self, x):
        return self.out(torch.relu(x))


net = Net().eval()
x = torch.randn(2, 4)
torch.save(net.state_dict(), here / "state.pth")
torch.save(net.state_dict(), here / "state-old.pth", _use_new_zipfile_serialization=False)
torch.save(net, here / "module.pth", pickle_module=mlflow.pytorch.pickle_module)
torch.jit.save(torch.jit.trace(net, x), here / "traced.pt")
torch.export.save(torch.export.export(net, (x,)), here / "linear.pt2")
