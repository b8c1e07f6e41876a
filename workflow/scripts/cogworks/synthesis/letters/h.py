"""The names of a class's hypernyms."""

from cogworks.synthesis.letters import Letter

LETTER = Letter("the lemmas of its parents", lambda text: ", ".join(text.parents))
