"""Train a tiny latent diffusion model on the images and class names of a data set.

Stopped by SIGTERM or SIGUSR1, it keeps its state and exits 143; run again, it continues from there.
"""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.device import set_threads
from cogworks.synthesis.specs import TrainedSpec
from cogworks.synthesis.tiny.make import make_generator

EXIT_STOPPED = 143


def main() -> int:
    parser = cli.parser(__doc__, spec=TrainedSpec)
    parser.add_argument("--manifest", type=Path, required=True, help="training manifest")
    parser.add_argument("--folder", type=Path, required=True, help="pipeline folder to write")
    parser.add_argument("--marker", type=Path, required=True, help="marker to write")
    args = parser.parse_args()
    set_threads(args.threads)
    finished = make_generator(
        args.spec, manifest=args.manifest, folder=args.folder, marker=args.marker
    )
    return 0 if finished else EXIT_STOPPED


if __name__ == "__main__":
    cli.run(main)
