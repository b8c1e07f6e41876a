"""The expendable projector (section 4.3, figure 4.2)."""

import itertools

import torch
from torch import nn
from torch.nn import functional

from cogworks.training import specs

INIT_STD = 0.02


class Projector(nn.Module):
    """g: R^d -> R^(d_b), an MLP of L hidden layers and a bottleneck.

    x -> [x / |x|] -> L times (linear with bias, batch norm, GELU) -> linear without bias
    -> [z / |z|], where the norms in brackets are options.
    """

    def __init__(
        self,
        dim: int,
        *,
        layers: int,
        hidden: int,
        bottleneck: int,
        normalize_input: bool,
        normalize_output: bool,
    ) -> None:
        """Build it with weights from a truncated normal distribution of 0.02.

        Args:
            dim: d, width of the encoder's features.
            layers: L.
            hidden: d_h.
            bottleneck: d_b.
            normalize_input: whether features are l2-normalised first.
            normalize_output: whether embeddings are l2-normalised; the plain softmax wants not.
        """
        super().__init__()
        self.normalize_input = normalize_input
        self.normalize_output = normalize_output
        widths = [dim] + [hidden] * layers
        blocks: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            blocks += [nn.Linear(before, after), nn.BatchNorm1d(after), nn.GELU()]
        self.hidden = nn.Sequential(*blocks)
        self.bottleneck = nn.Linear(widths[-1], bottleneck, bias=False)
        self.apply(initialise)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map features (N, d) to embeddings (N, d_b)."""
        if self.normalize_input:
            features = functional.normalize(features, dim=1)
        embeddings: torch.Tensor = self.bottleneck(self.hidden(features))
        return functional.normalize(embeddings, dim=1) if self.normalize_output else embeddings


class NoProjector(nn.Module):
    """The features themselves as embeddings, l2-normalised where the loss is a cosine."""

    def __init__(self, *, normalize_output: bool) -> None:
        super().__init__()
        self.normalize_output = normalize_output

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map features (N, d) to embeddings (N, d)."""
        return functional.normalize(features, dim=1) if self.normalize_output else features


def build_projector(dim: int, spec: specs.Projector, *, normalised: bool) -> tuple[nn.Module, int]:
    """Return the projector of a run's spec and the width of its embeddings.

    Args:
        dim: width of the encoder's features.
        spec: `projector` of the run's spec.
        normalised: whether the loss takes embeddings of length one.
    """
    if not spec.enabled:
        return NoProjector(normalize_output=normalised), dim
    projector = Projector(
        dim,
        layers=spec.layers,
        hidden=spec.hidden,
        bottleneck=spec.bottleneck,
        normalize_input=spec.normalize_input,
        normalize_output=normalised,
    )
    return projector, spec.bottleneck


def initialise(module: nn.Module) -> None:
    """Draw a linear layer's weights from a truncated normal of 0.02; its bias becomes zero."""
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=INIT_STD)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
