"""The classifier that an encoder's own training run learned (sections 5.5.1 and 5.5.2)."""

from cogworks.probes.kinds import Kind
from cogworks.probes.specs import FitSpec


class OwnFit(FitSpec):
    """What the scores of a run's own classifier depend on."""


KIND = Kind(OwnFit)
