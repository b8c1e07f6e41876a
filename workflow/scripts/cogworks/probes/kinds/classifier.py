"""The classifier that an encoder's own training run learned (sections 5.5.1 and 5.5.2)."""

from cogworks.probes.kinds import Kind

KIND = Kind(fit_keys=("restrict_classes",))
