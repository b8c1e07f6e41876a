"""The definition of a class."""

from cogworks.synthesis.letters import Letter

LETTER = Letter("its definition", lambda text: text.definition)
