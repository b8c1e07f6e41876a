"""The one exception that a user is meant to read."""


class InputError(Exception):
    """Bad input: the message names the file, key or value, what was expected and what to do."""
