"""The command `cogworks`, for a checkout: its library is not installed there."""

from cogworks.rank.command import start

if __name__ == "__main__":
    start()
