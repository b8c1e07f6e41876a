"""A scene, the background of the image."""

from cogworks.synthesis.letters import Letter

LETTER = Letter("a scene", None)
