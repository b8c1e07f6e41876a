"""Every rule that reads a user's file, run by Snakemake on a folder with an awkward name."""

import io
import json
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from cogworks.concepts.wordnet import read_text

NAME = """my {1} {x} "work" it's #1 $HOME `a` été <b> *[c]?, -d & 100%"""
COUNTED = """it's {counted} & [100%]"""
# Tabby, Persian cat, wolf, strawberry and pilot; the first is seen.
WNIDS = ["n02123045", "n02123394", "n02114100", "n07745940", "n10433164"]
ENTRY = """
from torch import nn

class Net(nn.Module):
    def forward(self, images):
        return images.mean((2, 3))

def load():
    return Net(), 3
"""
STEPS = {"steps": 2, "batch_size": 4}
# One target for each kind of file that is cheap to read; the others are looked at in a dry run.
CHEAP = [
    "results/images/packs/train.parquet",
    "results/images/folder/train.parquet",
    "results/images/counted/train.parquet",
    "results/concepts/mini/eligible.parquet",
]
TARGETS = [
    *CHEAP,
    "results/features/code/folder/test.npy",
    "results/concepts/mini/ranking.parquet",
    "results/images/pack/train.parquet",
    "results/features/weights/folder/test.npy",
    "results/training/started/encoder.safetensors",
    "results/synthesis/clone/prompts.parquet",
    # Texts with braces are not names, and reach these two unchanged.
    "results/report.html",
    "preflight",
]


def png(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="png")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def project(
    tmp_path_factory: pytest.TempPathFactory, make_project: Callable[..., Any], wordnet_dir: Path
) -> Any:
    """A project in a folder of that name, the user's files beside it in another one."""
    root = tmp_path_factory.mktemp("odd")
    result = make_project(root / re.sub(r"[{}]", "", NAME), "mine.yaml")
    data = root / NAME
    for folder in ("images/x", "images/y", "packs", "wordnet"):
        (data / folder).mkdir(parents=True)
    for name in ("data.noun", "index.noun"):
        (data / "wordnet" / name).write_text(read_text(wordnet_dir, name))
    for number in range(4):
        (data / "images/x" / f"{number}.png").write_bytes(png(number))
        (data / "images/y" / f"{number}.png").write_bytes(png(10 + number))
    for number in range(6):
        place = data / COUNTED / WNIDS[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.png").write_bytes(png(20 + number))
    write_pack(data / "pack.parquet", WNIDS[:2])
    write_pack(data / "packs" / "a.parquet", WNIDS[:1])
    (data / "pool.txt").write_text("\n".join(WNIDS) + "\n")
    (data / "seen.txt").write_text(WNIDS[0] + "\n")
    (data / "pilot.txt").write_text(WNIDS[4] + "\n")
    (data / "classes.txt").write_text("x\ny\n")
    (data / "counts.csv").write_text("wnid,images\n" + "".join(f"{w},9\n" for w in WNIDS))
    (data / "scenes.txt").write_text("a room\n")
    (data / "net.py").write_text(ENTRY)
    write_weights(data / "weights.safetensors")
    (result.folder / "mine.yaml").write_text(yaml.safe_dump(config_of(str(data))))
    return result


def write_pack(path: Path, wnids: list[str]) -> None:
    rows = [(w, png(n), "test" if n == 0 else "train") for w in wnids for n in range(4)]
    pd.DataFrame(rows, columns=["wnid", "image", "split"]).to_parquet(path)


def write_weights(path: Path) -> None:
    from safetensors.torch import save_file

    from cogworks.networks.small_resnet import small_resnet

    save_file(small_resnet(**small()).state_dict(), path)


def small() -> dict[str, Any]:
    return {"layers": [1, 1, 1, 1], "channels": [8, 8, 8, 8], "stem": "conv3_stride2"}


def config_of(data: str) -> dict[str, Any]:
    pack = {"kind": "parquet", "split_column": "split"}
    return {
        "concepts": {
            "mini": {
                "wordnet": f"{data}/wordnet",
                "pool": f"{data}/pool.txt",
                "seen": f"{data}/seen.txt",
                "discard": f"{data}/pilot.txt",
                "image_counts": [f"{data}/counts.csv", f"{data}/{COUNTED}"],
                "min_images": 2,
                "drop_seen_ancestors": False,
                "exclude_subtrees": [],
                "leaves_only": False,
            }
        },
        "images": {
            "pack": {
                "source": pack | {"path": f"{data}/pack.parquet"},
                "classes": {"wnids": WNIDS[:2]},
            },
            "packs": {"source": pack | {"path": f"{data}/packs"}, "classes": {"part": "source"}},
            "folder": {
                "source": {"kind": "folder", "path": f"{data}/images"},
                "classes": {"file": f"{data}/classes.txt"},
                "test_images": 1,
            },
            "counted": {
                "source": {"kind": "folder", "path": f"{data}/{COUNTED}/"},
                "classes": {"wnids": WNIDS[:2]},
                "test_images": 1,
            },
        },
        "training": {
            "started": {
                "dataset": "folder",
                "recipe": "fine_tune",
                "scale": "px32",
                "start": {"checkpoint": f"{data}/weights.safetensors"},
                "backbone": {"options": small()},
                "optimizer": {"epochs": 1, "batch": 2},
            }
        },
        "encoders": {
            "code": {"entry_point": f"{data}/net.py:load", "files": [f"{data}/pack.parquet"]},
            "weights": {
                "model": "cogworks:small_resnet",
                "checkpoint": f"{data}/weights.safetensors",
                "options": small(),
                "image_size": 16,
            },
        },
        "synthesis": {
            "generators": {
                "tiny": {
                    "train": {
                        "dataset": "pack",
                        "image_size": 16,
                        "prompts": ["c inside b"],
                        "scenes": f"{data}/scenes.txt",
                        "autoencoder": STEPS,
                        "denoiser": STEPS | {"channels": [8]},
                    }
                }
            },
            "clones": {
                "clone": {
                    "generator": "tiny",
                    "classes": f"{data}/seen.txt",
                    "images_per_class": 2,
                    "prompt": "c inside b",
                    "scenes": f"{data}/scenes.txt",
                    "width": 16,
                    "height": 16,
                }
            },
        },
        "report": {"title": "Braces {1} in a title", "subtitle": "and {x}"},
    }


def test_every_command_line_holds_every_name_as_one_word(project: Any) -> None:
    data = project.folder.parent / NAME
    printed = project.snakemake("--dry-run", "--forceall", "--printshellcmds", *TARGETS)
    commands = {}
    for line in printed.splitlines():
        shell = line.removeprefix("Shell command: ").removeprefix("exec ")
        if shell != line:
            words = shlex.split(shell)
            assert words[0] == sys.executable
            commands[Path(words[1]).stem] = words
            if "--spec" in words:
                assert json.loads(words[words.index("--spec") + 1])
    for rule, option, name in (
        ("train_encoder", "--start", "weights.safetensors"),
        ("write_prompts", "--source", "seen.txt"),
    ):
        given = commands[rule][commands[rule].index(option) + 1]
        assert (project.folder / given).resolve() == data / name, rule
    for rule in ("train_generator", "write_prompts"):
        spec = json.loads(commands[rule][commands[rule].index("--spec") + 1])
        assert (project.folder / spec["scenes"]).resolve() == data / "scenes.txt", rule


def test_a_new_pack_is_seen_by_itself_and_a_new_image_after_the_command_of_the_docs(
    project: Any,
) -> None:
    data = project.folder.parent / NAME
    project.snakemake(*CHEAP)
    write_pack(data / "packs" / "b.parquet", WNIDS[1:2])
    (data / "images" / "x" / "new.png").write_bytes(png(99))
    (data / COUNTED / WNIDS[0] / "new.png").write_bytes(png(98))
    found = {"index_source": 1, "list_classes": 1, "build_manifest": 1}
    assert project.stale(*CHEAP) == found, "the packs' alone"
    page = (Path(__file__).resolve().parents[2] / "docs" / "your-data.md").read_text()
    command = re.search(r"^ +(--forcerun [a-z_ ]+)$", page, re.MULTILINE)
    assert command is not None
    targets = CHEAP[:3]
    project.snakemake(*targets, *command[1].split())
    packs, folder, counted = (pd.read_parquet(project.folder / target) for target in targets)
    assert set(packs["wnid"]) == set(WNIDS[:2])
    assert len(folder) == 7, "nine images, of each class one for the test"
    assert len(counted) == 5, "seven images, from the index of the folder"
    classes = pd.read_parquet(project.folder / "results/images/packs/classes.parquet")
    assert list(classes["wnid"]) == sorted(WNIDS[:2])
