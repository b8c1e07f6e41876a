"""Why an image is drawn again, in the order of the columns of the quality table."""

NSFW, NON_FINITE, CONSTANT, DUPLICATE = "nsfw", "non_finite", "constant", "duplicate"
REASONS = (NSFW, NON_FINITE, CONSTANT, DUPLICATE)
