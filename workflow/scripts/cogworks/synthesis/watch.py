"""A generator that gives nothing of use is found out after some images, not after a million."""

import hashlib
from collections import Counter

from cogworks.core.errors import InputError
from cogworks.synthesis.draw import Drawing, Order
from cogworks.synthesis.reasons import CONSTANT, NON_FINITE, NSFW

# Attempts without one image between them, after which the rest is not tried. What the safety
# checker flags may be a matter of one class, so it is given more of them.
LIMITS = {NON_FINITE: 64, CONSTANT: 64, NSFW: 512}
ADVICE = {
    NON_FINITE: "they hold NaN or infinities, as where a model overflows its precision; set "
    "precision to float32 or bfloat16",
    CONSTANT: "they are of a single colour; look at steps, guidance and scheduler",
    NSFW: "the safety checker flags them; set safety_checker to false, or look at what is drawn",
}
# Pictures that were drawn before from another seed, after which the seed counts as unheard.
REPEATS = 16


class Watch:
    """Sees every drawing of a run, and says when there is no point in going on."""

    def __init__(self) -> None:
        self._faults: Counter[str] = Counter()
        self._pictures: set[bytes] = set()
        self._prompts: set[str] = set()
        self._repeats = 0
        self._varied = False

    def see(self, order: Order, drawing: Drawing, fault: str | None) -> None:
        """Take note of a drawing and of what is wrong with it by itself."""
        if fault is not None:
            self._faults[fault] += 1
            return
        self._faults.clear()
        if self._varied:
            return
        picture = hashlib.sha256(drawing.pixels.tobytes()).digest()
        self._repeats += picture in self._pictures
        self._pictures.add(picture)
        self._prompts.add(order.prompt)
        # Two pictures of one prompt: it hears its seeds.
        self._varied = len(self._pictures) > len(self._prompts)

    def check(self, *, last: bool = False) -> None:
        """Stop a run that leads nowhere.

        Args:
            last: whether there is nothing more to draw, so that few pictures are enough to judge.

        Raises:
            InputError: nothing but faults lately, or always the same picture.
        """
        for fault, limit in LIMITS.items():
            if self._faults[fault] >= limit:
                raise InputError(
                    f"the generator gives nothing of use: none of the last {self._faults.total()} "
                    f"images will do, and of {self._faults[fault]} {ADVICE[fault]}"
                )
        if self._varied or not self._repeats:
            return
        deaf = len(self._pictures) == 1 < len(self._prompts)
        if self._repeats >= REPEATS or (last and deaf):
            what = "whatever the prompt" if deaf else "for a prompt, whatever the seed"
            raise InputError(
                f"the generator draws always the same picture {what} ({self._repeats} times "
                "again); is it whole, and does the scheduler fit it?"
            )
