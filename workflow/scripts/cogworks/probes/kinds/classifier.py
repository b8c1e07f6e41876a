"""The classifier that an encoder was trained with (sections 5.5.1 and 5.5.2)."""

from cogworks.encoders.specs import OwnClassifier
from cogworks.probes.kinds import Kind
from cogworks.probes.specs import FitSpec


class OwnFit(FitSpec):
    """What the scores of an encoder's own classifier depend on.

    Attributes:
        classifier: where it is.
    """

    classifier: OwnClassifier


KIND = Kind(OwnFit)
