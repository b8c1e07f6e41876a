"""What the synthesis section of the config stands for: generators, clones, shards, and its errors.

Imported while the DAG is planned: standard library only.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cogworks.concepts.wordnet import database_files as wordnet_inputs
from cogworks.core import paths
from cogworks.core.errors import InputError
from cogworks.core.needs import is_missing
from cogworks.images import plan as images
from cogworks.synthesis import content, names, template

Config = dict[str, Any]

SIZE_UNIT = 8
# Keys of a clone that change neither an image nor the list of images.
HOW_NOT_WHAT = ("batch_size", "n_shards")
# Keys that only say which images there are, not what one looks like.
SIZES = ("like", "classes", "images_per_class", "multiple", "wordnet", "scenes")
# Keys used after the images are drawn.
AFTERWARDS = ("shortfall", "clip", "clip_images")


def trained(config: Config) -> list[str]:
    """Return the generators that the workflow trains itself."""
    generators = config["synthesis"]["generators"]
    return [name for name, section in generators.items() if section["train"] is not None]


def given(config: Config) -> list[str]:
    """Return the generators that the user brings."""
    return [name for name in config["synthesis"]["generators"] if name not in trained(config)]


def generator_files(config: Config, name: str) -> list[str]:
    """Return the files of a given generator, so that a change of its weights is seen.

    A model on the hub has none here; a missing folder is represented by its `model_index.json`,
    which the workflow then reports as a missing input.
    """
    section = config["synthesis"]["generators"][name]
    folder = Path(section["path"])
    if not folder.exists() and config["compute"]["online"]:
        return []
    try:
        return [str(path) for path in content.content(folder, section["variant"])]
    except InputError:  # said by `missing_paths`, and again by the job
        return [str(folder / content.INDEX)]


def given_spec(config: Config, name: str) -> Config:
    """Return the settings of a generator that the user brings."""
    section = config["synthesis"]["generators"][name]
    return {key: section[key] for key in ("path", "revision", "variant")} | {"name": name}


def trained_spec(config: Config, name: str) -> Config:
    """Return the settings of a generator that the workflow trains."""
    section = config["synthesis"]["generators"][name]["train"]
    return section | {"name": name, "wordnet": _wordnet(config, section["dataset"])}


def training_manifest(config: Config, name: str) -> str:
    """Return the manifest from which a generator learns."""
    section = config["synthesis"]["generators"][name]["train"]
    return paths.manifest(config, section["dataset"], "train")


def clone(config: Config, name: str) -> Config:
    """Return a clone's section with its name."""
    return config["synthesis"]["clones"][name] | {"name": name}


def generator_marker(config: Config, name: str) -> str:
    """Return the marker of the generator that draws a clone."""
    return names.marker(clone(config, name)["generator"])


def class_source(config: Config, name: str) -> str:
    """Return the file from which a clone's classes come: a training manifest or a list of wnids."""
    section = clone(config, name)
    if section["like"] is not None:
        return paths.manifest(config, section["like"], "train")
    return str(section["classes"])


def prompt_files(config: Config, name: str) -> list[str]:
    """Return the files from which the prompts of a clone are written."""
    files = [class_source(config, name), *clone_scenes(config, name)]
    return files + wordnet_inputs(prompt_spec(config, name)["wordnet"])


def training_files(config: Config, name: str) -> list[str]:
    """Return the user's files from which a generator learns."""
    wordnet = trained_spec(config, name)["wordnet"]
    return generator_scenes(config, name) + wordnet_inputs(wordnet)


def clone_scenes(config: Config, name: str) -> list[str]:
    """Return the scene file of a clone whose template needs it."""
    return _scenes(config["synthesis"]["clones"][name])


def generator_scenes(config: Config, name: str) -> list[str]:
    """Return the scene file of a trained generator one of whose templates needs it."""
    return _scenes(config["synthesis"]["generators"][name]["train"])


def clone_letters(config: Config, name: str) -> list[str]:
    """Return the modules of the letters of a clone's template."""
    return template.letter_modules([config["synthesis"]["clones"][name]["prompt"]])


def generator_letters(config: Config, name: str) -> list[str]:
    """Return the modules of the letters of a trained generator's templates."""
    return template.letter_modules(config["synthesis"]["generators"][name]["train"]["prompts"])


def prompt_spec(config: Config, name: str) -> Config:
    """Return the part of a clone that decides its prompts and its numbers of images."""
    section = clone(config, name)
    wordnet = section["wordnet"] or _wordnet(config, section["like"])
    spec = {key: section[key] for key in ("name", "prompt", "seed", *SIZES)}
    return spec | {"wordnet": wordnet}


def drawing_spec(config: Config, name: str) -> Config:
    """Return the part of a clone that decides what an image looks like, given its prompt."""
    dropped = (*HOW_NOT_WHAT, *SIZES, *AFTERWARDS, "prompt")
    return {key: value for key, value in clone(config, name).items() if key not in dropped}


def merge_spec(config: Config, name: str) -> Config:
    """Return the part of a clone that decides how its shards become one data set."""
    section = clone(config, name)
    return {key: section[key] for key in ("name", "shortfall")}


def judge_files(config: Config, name: str) -> list[str]:
    """Return the files of the CLIP model that judges the images of a clone."""
    folder = Path(clone(config, name)["clip"] or "").expanduser()
    return [str(path) for path in (*content.texts(folder), *content.weights(folder, None))]


def judge_spec(config: Config, name: str) -> Config:
    """Return the part of a clone that decides how its images are compared with its texts."""
    section = clone(config, name)
    return {key: section[key] for key in ("clip", "clip_images")}


def shards(config: Config, name: str) -> list[str]:
    """Return all tar files of a clone and their tables."""
    numbers = range(clone(config, name)["n_shards"])
    return [make(name, number) for make in (names.shard, names.index) for number in numbers]


def cloned(config: Config) -> list[str]:
    """Return the data sets of which there are clones."""
    likes = (section["like"] for section in config["synthesis"]["clones"].values())
    return sorted({like for like in likes if like is not None})


def clones_of(config: Config, dataset: str) -> list[str]:
    """Return the clones of a data set, in the order of the config."""
    clones = config["synthesis"]["clones"]
    return [name for name, section in clones.items() if section["like"] == dataset]


def clone_manifests(config: Config, dataset: str) -> list[str]:
    """Return the manifests of all clones of a data set."""
    return [names.table(name, "manifest") for name in clones_of(config, dataset)]


def sheet_spec(config: Config, dataset: str) -> Config:
    """Return the settings of the contact sheets of a data set, with a caption for each clone."""
    clones = [clone(config, name) for name in clones_of(config, dataset)]
    captions = [f"{item['prompt']} · guidance {item['guidance']:g}" for item in clones]
    if len(set(captions)) < len(captions):
        captions = [f"{item['name']}: {text}" for item, text in zip(clones, captions, strict=True)]
    return config["synthesis"]["sheets"] | {"captions": captions}


def missing_paths(config: Config) -> list[str]:
    """Return a line for each path of the synthesis section that does not exist."""
    section = config["synthesis"]
    generators = [line for name in section["generators"] for line in missing_model(config, name)]
    clones = [line for name in section["clones"] for line in missing_texts(config, name)]
    judges = [line for name in section["clones"] for line in missing_judge(config, name)]
    return generators + clones + judges


def missing_model(config: Config, generator: str) -> list[str]:
    """Return a line for each path of a generator that does not exist."""
    key = f"synthesis.generators.{generator}"
    if generator in trained(config):
        scenes = generator_scenes(config, generator)
        return [f"{key}.train.scenes: {p} does not exist" for p in scenes if is_missing(p)]
    folder = Path(config["synthesis"]["generators"][generator]["path"])
    problem = content.problem(folder)
    if problem is None or (not folder.exists() and config["compute"]["online"]):
        return []
    online = "" if folder.exists() else ", or set compute.online to fetch it from the hub"
    return [f"{key}.path: {problem}{online}"]


def missing_texts(config: Config, name: str) -> list[str]:
    """Return a line for each file that does not exist and that the prompts of a clone need."""
    files = {"classes": clone(config, name)["classes"]}
    files["scenes"] = next(iter(clone_scenes(config, name)), None)
    return _missing_of_clone(name, files)


def missing_judge(config: Config, name: str) -> list[str]:
    """Return a line where the CLIP model that judges a clone is not there."""
    return _missing_of_clone(name, {"clip": clone(config, name)["clip"]})


def _missing_of_clone(name: str, files: dict[str, str | None]) -> list[str]:
    return [
        f"synthesis.clones.{name}.{key}: {path} does not exist"
        for key, path in files.items()
        if path is not None and is_missing(path)
    ]


def check(config: Config) -> list[str]:
    """Return what is wrong with the synthesis section beyond its schema, a line a problem."""
    section = config["synthesis"]
    lines: list[str] = []
    for name, values in section["generators"].items():
        lines += _check_generator(config, f"synthesis.generators.{name}", values)
    for name, values in section["clones"].items():
        lines += _check_clone(config, f"synthesis.clones.{name}", values)
    return lines


def idle_keys(given: Config, config: Config) -> dict[str, str]:
    """Return the keys that are written but do nothing, which no other key shows, with a line each.

    Args:
        given: the config as the user wrote it.
        config: the same, checked.
    """
    written = given.get("synthesis", {})
    full = config["synthesis"]
    lines: dict[str, str] = {}
    for name, section in written.get("generators", {}).items():
        key = f"synthesis.generators.{name}"
        train = section.get("train", {})
        if "scenes" in train and not _scenes(full["generators"][name]["train"]):
            lines[f"{key}.train.scenes"] = "no template of prompts has the letter b"
        if section.get("revision") and Path(full["generators"][name]["path"] or "").is_dir():
            lines[f"{key}.revision"] = "path is a folder, not a model on the hub"
    for name, section in written.get("clones", {}).items():
        if "scenes" in section and not _scenes(full["clones"][name]):
            lines[f"synthesis.clones.{name}.scenes"] = "the prompt has no letter b"
    return {key: f"{key}: does nothing here; {why}. Remove it" for key, why in lines.items()}


def _scenes(section: Config) -> list[str]:
    templates = section["prompts"] if "prompts" in section else [section["prompt"]]
    return [section["scenes"]] if any(map(template.has_scene, templates)) else []


def _wordnet(config: Config, dataset: str | None) -> str | None:
    """Return the WordNet folder of the benchmark from which a data set's classes come, if any."""
    found = images.datasets(config).get(dataset or "", {}).get("wordnet")
    return str(found) if found is not None else None


def _check_generator(config: Config, key: str, section: Config) -> Iterator[str]:
    if (section["path"] is None) == (section["train"] is None):
        yield f"{key}: give exactly one of path and train"
    if section["train"] is not None:
        yield from _check_dataset(config, f"{key}.train.dataset", section["train"]["dataset"])
        for text in section["train"]["prompts"]:
            for problem in template.problems(text):
                yield f"{key}.train.prompts: {problem}"


def _check_clone(config: Config, key: str, section: Config) -> Iterator[str]:
    generators = config["synthesis"]["generators"]
    if section["generator"] not in generators:
        known = ", ".join(generators) or "none"
        yield f"{key}.generator: {section['generator']!r} is no generator; known: {known}"
    for problem in template.problems(section["prompt"]):
        yield f"{key}.prompt: {problem}"
    for side in ("width", "height"):
        if section[side] % SIZE_UNIT:
            low = section[side] // SIZE_UNIT * SIZE_UNIT
            yield (
                f"{key}.{side}: {section[side]} is not divisible by {SIZE_UNIT}; "
                f"take {low or SIZE_UNIT} or {low + SIZE_UNIT}"
            )
    if (section["like"] is None) == (section["classes"] is None):
        yield f"{key}: give exactly one of like and classes"
    elif section["like"] is not None:
        yield from _check_dataset(config, f"{key}.like", section["like"])
    elif section["images_per_class"] is None:
        yield f"{key}.images_per_class: needed with classes, since there is nothing to count"


def _check_dataset(config: Config, key: str, name: str) -> Iterator[str]:
    known = images.datasets(config)
    if name in known:
        return
    if name in config["synthesis"]["clones"]:
        yield f"{key}: {name!r} is a clone itself; name the data set of real images"
    elif name in config["images"]:
        members = ", ".join(images.expand(config, name))
        yield f"{key}: {name!r} is a family of data sets; name one of {members}"
    else:
        yield f"{key}: {name!r} is no data set; known: {', '.join(known) or 'none'}"
