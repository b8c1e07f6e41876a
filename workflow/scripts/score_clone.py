"""Measure with a CLIP model how well a clone's images fit the meaning of their classes."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.device import pick_device, set_threads
from cogworks.core.files import write_parquet
from cogworks.synthesis.similarity import Judge, class_similarity, meanings
from cogworks.synthesis.specs import JudgeSpec


def main() -> None:
    parser = cli.parser(__doc__, spec=JudgeSpec)
    parser.add_argument("--manifest", type=Path, required=True, help="the clone's manifest")
    parser.add_argument("--prompts", type=Path, required=True, help="the clone's prompts")
    parser.add_argument("--output", type=Path, required=True, help="table to write")
    args = parser.parse_args()
    set_threads(args.threads)
    judge = Judge(args.spec.clip, device=pick_device(args.device))
    limit = args.spec.clip_images
    table = class_similarity(judge, args.manifest, meanings(args.prompts), limit=limit)
    write_parquet(table, args.output)


if __name__ == "__main__":
    cli.run(main)
