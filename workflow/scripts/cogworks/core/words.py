"""Words of texts that people read."""


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, which takes an s for any other than one."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
