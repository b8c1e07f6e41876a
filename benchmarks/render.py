"""Images of the procedural world drawn and encoded per second and core, by size.

python benchmarks/render.py [--number 300]
"""

import argparse
import io
import sys
import time
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from cogworks.concepts.wordnet import open_wordnet
from cogworks.core.cli import positive
from cogworks.images.world.canvas import Canvas
from cogworks.images.world.hierarchy import Hierarchy
from cogworks.images.world.looks import look_of
from cogworks.images.world.pack import draw_images

TABBY = "n02123045"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=positive, default=300)
    parser.add_argument("--wordnet", default=None)
    args = parser.parse_args()
    start = time.process_time()
    hierarchy = Hierarchy(open_wordnet(args.wordnet))
    print(f"WordNet and its heights: {time.process_time() - start:.1f} s, once a pack")
    look = look_of(TABBY, hierarchy, seed=0, distinctness=0.35)
    print("size  drawn/s  drawn and encoded as PNG/s")
    for size in (32, 64, 128):
        canvas = Canvas(size, nuisance=0.2)
        start = time.process_time()
        images = draw_images(look, TABBY, args.number, canvas, seed=0)
        drawn = time.process_time() - start
        for pixels in images:
            Image.fromarray(pixels).save(io.BytesIO(), "png", compress_level=1)
        whole = time.process_time() - start
        print(f"{size:4d}  {args.number / drawn:7.0f}  {args.number / whole:7.0f}")


if __name__ == "__main__":
    main()
