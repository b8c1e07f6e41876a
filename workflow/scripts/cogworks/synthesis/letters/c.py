"""The names of a class."""

from cogworks.synthesis.letters import Letter

LETTER = Letter("the lemmas of the class", lambda text: ", ".join(text.lemmas))
