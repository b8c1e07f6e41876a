"""Where the files of generators and clones lie. Standard library only."""

ROOT = "results/synthesis"


def marker(generator: str) -> str:
    """Return the file that says where a generator's folder is and what was found in it."""
    return f"{ROOT}/generators/{generator}.json"


def folder(generator: str) -> str:
    """Return the folder of a generator that the workflow trains."""
    return f"{ROOT}/generators/{generator}"


def shard(drawing: str, number: int | str) -> str:
    """Return the tar file of a shard; `number` may be a wildcard."""
    text = number if isinstance(number, str) else f"{number:05d}"
    return f"{ROOT}/{drawing}/shard-{text}.tar"


def index(drawing: str, number: int | str) -> str:
    """Return the table of a shard's samples."""
    return shard(drawing, number).removesuffix(".tar") + ".parquet"


def table(clone: str, what: str) -> str:
    """Return a table of a clone: prompts, classes, manifest, quality or similarity."""
    return f"{ROOT}/{clone}/{what}.parquet"


def estimate(drawing: str) -> str:
    """Return the estimate of a drawing's cost."""
    return f"{ROOT}/{drawing}/estimate.json"


def sheets(dataset: str) -> str:
    """Return the list of the contact sheets of a data set and its clones."""
    return f"{ROOT}/sheets/{dataset}.json"
