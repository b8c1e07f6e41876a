"""From a pickled checkpoint of unknown origin to safetensors, without running its code."""

from pathlib import Path

import safetensors.torch

from cogworks.core.errors import InputError
from cogworks.core.files import atomic
from cogworks.networks.checkpoints import State, descend, take_container
from cogworks.networks.inert import read_inertly, weights_of_module


def convert(path: str | Path, output: str | Path, *, container: str) -> State:
    """Write the tensors in `container` of a pickled checkpoint as safetensors; return them.

    Of a whole pickled module the tensors are those of its `state_dict()`.

    Args:
        path: the checkpoint.
        output: the safetensors file to write.
        container: the entry that holds the weights, `.` for the top.

    Raises:
        InputError: unreadable, or no tensors there; no `output` is written.
    """
    if Path(output).suffix != ".safetensors":
        raise InputError(f"--output {output}: expected a name that ends in .safetensors")
    content = read_inertly(path)
    found = descend(content, container)
    state = weights_of_module(found)
    if state is None:
        state = take_container(content, [container], Path(path))
    else:
        print(f"{path}: a whole pickled module ({found.origin}); took its state_dict")
    # Copies, since safetensors refuses tensors that share memory.
    copies = {key: value.detach().clone().contiguous() for key, value in state.items()}
    if not copies:
        raise InputError(f"{path}: entry {container} is a module without weights")
    with atomic(output) as partial:
        safetensors.torch.save_file(copies, partial)
    return copies
