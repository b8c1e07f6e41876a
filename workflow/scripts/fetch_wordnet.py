"""Find WordNet 3.0 on this machine, or fetch it into the project's folder (setup)."""

from pathlib import Path

from cogworks.concepts.fetch import ensure_wordnet
from cogworks.concepts.wordnet import PROJECT_FOLDER, VERSION
from cogworks.core import cli


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--folder", help="a folder that must hold it; then nothing is fetched")
    parser.add_argument("--target", type=Path, default=PROJECT_FOLDER, help="where to put it")
    args = parser.parse_args()
    source, how = ensure_wordnet(args.folder, args.target)
    print(f"WordNet {VERSION}: {source} ({how})")


if __name__ == "__main__":
    cli.run(main)
