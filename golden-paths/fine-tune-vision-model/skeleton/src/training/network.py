"""The network, and how it starts from weights."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

WIDTH = ${{ values.width }}


class WrongWeights(Exception):
    """A file does not fit the network; the message says why."""


class Block(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        """Make a block that shrinks height and width by the stride."""
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outside)
        self.downsample = (
            nn.Sequential(
                nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside)
            )
            if stride != 1 or inside != outside
            else None
        )

    def forward(self, x: Tensor) -> Tensor:
        """Float [N, inside, H, W] to [N, outside, H / stride, W / stride]."""
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class Network(nn.Module):
    """ResNet-18 (He et al. 2016), of any width.

    With a width of 64 its weights have the names and shapes of torchvision's `resnet18`.
    """

    def __init__(self, classes: int, width: int = WIDTH) -> None:
        """Make a network that knows nothing yet."""
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(Block(width, width, 1), Block(width, width, 1))
        self.layer2 = nn.Sequential(Block(width, 2 * width, 2), Block(2 * width, 2 * width, 1))
        self.layer3 = nn.Sequential(Block(2 * width, 4 * width, 2), Block(4 * width, 4 * width, 1))
        self.layer4 = nn.Sequential(Block(4 * width, 8 * width, 2), Block(8 * width, 8 * width, 1))
        self.fc = nn.Linear(8 * width, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Normalised images, float [N, 3, H, W], to logits [N, classes]."""
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean(dim=(2, 3)))


def read(file: Path) -> dict[str, Tensor]:
    """Read weights without running anything of the file; raise WrongWeights when it has none."""
    try:
        weights = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch has no common type for files that it does not take
        raise WrongWeights(f"{file} cannot be read as weights: {error}") from error
    if not isinstance(weights, Mapping) or not all(map(torch.is_tensor, weights.values())):
        raise WrongWeights(f"{file} holds no weights by their names (a state dict).")
    return dict(weights)


def start(network: Network, weights: Mapping[str, Tensor]) -> bool:
    """Give a network weights; return whether its last layer has them too.

    The last layer keeps what it has when its classes are not as many as those of the weights.
    """
    own = network.state_dict()
    taken = {name: value for name, value in weights.items() if name in own}
    head = all(
        own[name].shape == value.shape for name, value in taken.items() if name.startswith("fc.")
    )
    if not head:
        taken = {name: value for name, value in taken.items() if not name.startswith("fc.")}
    for name, value in own.items():
        if name.startswith("fc.") or name.endswith("num_batches_tracked"):
            continue
        if name not in taken:
            raise WrongWeights(f"The weights lack {name}: they are of another network.")
        if taken[name].shape != value.shape:
            raise WrongWeights(
                f"{name} has the shape {list(taken[name].shape)}, and this network "
                f"{list(value.shape)}: the weights are of another network or width."
            )
    network.load_state_dict(taken, strict=False)
    return head and "fc.weight" in taken
