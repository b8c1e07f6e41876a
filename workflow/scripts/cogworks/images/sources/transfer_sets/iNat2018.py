"""iNaturalist 2018; validation images are the test images."""

from cogworks.images.sources.inaturalist import inaturalist

TRANSFER_SET = inaturalist("2018", classes=8142, train=437513, test=24426)
