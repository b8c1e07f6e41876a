"""The weights of a checkpoint as its spec has them."""

from cogworks.encoders.specs import Checkpoint
from cogworks.networks.checkpoints import State, map_keys, read_checkpoint


def read_weights(spec: Checkpoint) -> State:
    """Return the weights of a file under the encoder's own keys, its classifier among them.

    Raises:
        InputError: the file cannot be read, or its keys cannot be mapped; see `read_checkpoint` and
            `map_keys`.
    """
    state = read_checkpoint(spec.file, spec.containers)
    return map_keys(state, prefix=spec.prefix, drop=spec.drop, rename=spec.rename)
