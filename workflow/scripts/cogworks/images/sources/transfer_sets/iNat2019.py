"""iNaturalist 2019; validation images are the test images."""

from cogworks.images.sources.inaturalist import inaturalist

TRANSFER_SET = inaturalist("2019", classes=1010, train=265213, test=3030)
