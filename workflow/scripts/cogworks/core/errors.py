"""The one exception that is meant for users to read."""


class InputError(Exception):
    """Bad input: the message names the file, key or value, what was expected and what to do."""
