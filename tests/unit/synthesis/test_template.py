import pytest

from cogworks.synthesis import template

VALUES = {"c": "papillon", "h": "toy spaniel", "d": "a small dog", "b": "attic"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("c", "papillon"),
        ("c, h", "papillon, toy spaniel"),
        ("c, d", "papillon, a small dog"),
        ("c, h inside b", "papillon, toy spaniel inside attic"),
        ("a photo of a c", "a photo of a papillon"),
        ("an x-ray of c", "an x-ray of papillon"),
        ("c at five o'clock", "papillon at five o'clock"),
        ("(c)", "(papillon)"),
    ],
)
def test_letters_on_their_own_are_replaced(text: str, filled: str) -> None:
    assert template.problems(text) == []
    assert template.fill(text, VALUES) == filled


def test_texts_are_not_filled_again() -> None:
    # A definition may well hold a single letter: "of the B vitamins", "shaped like a c".
    assert template.fill("c, d", {"c": "hook", "d": "shaped like a c or b"}) == (
        "hook, shaped like a c or b"
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("c, x", "unknown letter x"),
        ("C", "unknown letter C"),
        ("inside b", "nothing of the class"),
        ("a photo of a {c}", "braces"),
        ("a photo of a {}", "braces"),
    ],
)
def test_bad_templates_are_named(text: str, named: str) -> None:
    (problem,) = template.problems(text)
    assert named in problem
    assert text in problem
