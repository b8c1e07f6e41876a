"""Images per second of the shard writer, against a plain diffusers loop, one prompt at a time.

Both use the same tiny pipeline with random weights, steps and guidance, and encode to PNG. Ours
also hashes, judges, and writes tar and JSON; the share of its time outside the pipeline is printed.

    python benchmarks/synthesis.py [--images 48] [--batch 8] [--steps 10] [--size 32]
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from cogworks.config.parse import parse
from cogworks.core.cli import positive
from cogworks.plan.plan import Plan
from cogworks.synthesis.draw import Artist, Drawing, Order
from cogworks.synthesis.produce import Producer, Slot
from cogworks.synthesis.shard import PartialShard
from cogworks.synthesis.specs import DrawSpec
from cogworks.synthesis.tiny.parts import assemble, make_parts

AIM = 3.0


def make_plan(train: dict[str, Any], clone: dict[str, Any]) -> Plan:
    """Return the plan of one generator and one clone that it draws."""
    clone |= {"generator": "tiny", "classes": "none", "images_per_class": 1}
    synthesis = {"generators": {"tiny": {"train": train}}, "clones": {"clone": clone}}
    plan: Plan = Plan(parse({"synthesis": synthesis}))
    return plan


def make_pipe(size: int) -> Any:
    train = {"dataset": "none", "image_size": size, "text": {"vocabulary": 560}}
    spec = make_plan(train, {}).trained_generators["tiny"].spec
    pipe = assemble(make_parts(spec, ["a cat"]))
    pipe.set_progress_bar_config(disable=True)
    return pipe


def plain(pipe: Any, spec: DrawSpec, images: int, folder: Path) -> float:
    """Return the seconds of the loop that one would write first."""
    start = time.perf_counter()
    for number in range(images):
        result = pipe(
            f"animal {number % 4}",
            width=spec.width,
            height=spec.height,
            num_inference_steps=spec.steps,
            guidance_scale=spec.guidance,
            generator=torch.Generator().manual_seed(number),
        )
        result.images[0].save(folder / f"{number}.png")
    return time.perf_counter() - start


def sharded(pipe: Any, spec: DrawSpec, images: int, folder: Path) -> tuple[float, float]:
    """Return the seconds of the shard writer, and of the pipeline's part in them."""
    artist, inside = Artist(pipe, spec), 0.0

    def draw(orders: Any) -> list[Drawing]:
        nonlocal inside
        begin = time.perf_counter()
        drawings = artist.draw(orders)
        inside += time.perf_counter() - begin
        return drawings

    slots = [Slot(0, "n00000001", i, f"animal {i % 4}", None) for i in range(images)]
    start = time.perf_counter()
    with PartialShard(folder / "shard.tar", kind="png") as shard:
        producer = Producer(slots, draw, spec, shard)
        producer.run(round_size=4 * spec.padded_batch, stopped=lambda: False)
        shard.seal()
    return time.perf_counter() - start, inside


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=positive, default=48)
    parser.add_argument("--batch", type=positive, default=8)
    parser.add_argument("--steps", type=positive, default=10)
    parser.add_argument("--size", type=positive, default=32)
    args = parser.parse_args()
    torch.set_num_threads(1)
    clone = {
        "width": args.size,
        "height": args.size,
        "steps": args.steps,
        "guidance": 2.0,
        "padded_batch": args.batch,
        "format": "png",
        "max_attempts": 2,
        "duplicate_distance": None,
    }
    spec = make_plan({"dataset": "none"}, clone).clones["clone"].draw_spec
    pipe = make_pipe(args.size)
    Artist(pipe, spec).draw([Order("warm up", 0)])
    plain(pipe, spec, 2, Path(tempfile.mkdtemp()))
    with tempfile.TemporaryDirectory() as folder:
        slow = plain(pipe, spec, args.images, Path(folder))
        fast, inside = sharded(pipe, spec, args.images, Path(folder))
    print(f"plain loop   {args.images / slow:8.1f} images/s")
    print(f"shard writer {args.images / fast:8.1f} images/s at batch {args.batch}")
    print(f"ratio {slow / fast:.2f} (aim {AIM}); outside the pipeline {1 - inside / fast:.1%}")


if __name__ == "__main__":
    main()
