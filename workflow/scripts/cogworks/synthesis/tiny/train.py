"""Teaching a tiny latent diffusion model the images of a data set, on the CPU in minutes.

Two stages, as for Stable Diffusion itself: first the autoencoder; then, on its latents, the U-Net
together with the text encoder (a frozen random one was worse). Every step draws its batch, times
and noise from a seed of its own, so that a run that was killed and taken up again ends with the
same bits.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from diffusers import DDPMScheduler

from cogworks.core.errors import InputError
from cogworks.core.progress import track
from cogworks.core.seeds import derive_seed
from cogworks.synthesis.specs import Autoencoder, Denoiser, TrainedSpec
from cogworks.synthesis.tiny import autoencoder as autoencoders
from cogworks.synthesis.tiny.parts import SCHEDULE, Parts
from cogworks.synthesis.tiny.state import Stage, State

WEIGHT_DECAY = 1e-3
MAX_NORM = 1.0
WARM_UP = 0.05
# The autoencoder learns from crops of this size: it is local, and a crop costs a fraction.
CROP = 32


class StoppedError(Exception):
    """A signal asked the training to stop; its state is on disk."""


@dataclass(frozen=True)
class Lessons:
    """What there is to learn.

    Attributes:
        images: uint8 (N, 3, S, S).
        labels: int64 (N,), from 0 to K - 1.
        prompts: for each class and template, the texts that an image of the class may have; the
            templates are taken equally often.
    """

    images: torch.Tensor
    labels: torch.Tensor
    prompts: Sequence[Sequence[Sequence[str]]]

    def texts(self) -> list[str]:
        """Return all prompts in one list."""
        return [text for group in self.prompts for texts in group for text in texts]


class Trainer:
    """Trains the parts of a tiny generator in place."""

    def __init__(
        self,
        parts: Parts,
        spec: TrainedSpec,
        *,
        state: State,
        stopped: Callable[[], bool],
    ) -> None:
        """Take parts from `make_parts`, the generator, and where the state is kept."""
        self._parts = parts
        self._spec = spec
        self._state = state
        self._stopped = stopped
        self._saved = state.load()

    def train(self, lessons: Lessons) -> dict[str, float]:
        """Run both stages and return the smoothed loss at the end of each.

        Raises:
            InputError: a loss is not finite: the training diverged.
        """
        vae = self._parts.vae.to(memory_format=torch.channels_last)
        see = self._see(lessons)
        losses = {"autoencoder": self._stage("autoencoder", [vae], self._spec.autoencoder, see)}
        latents = autoencoders.encode_all(vae, _with_mirrored(lessons.images))
        scale = 1 / float(latents.std())
        vae.register_to_config(scaling_factor=scale)
        modules = [self._parts.unet, self._parts.text_encoder]
        denoise = self._denoise(latents * scale, lessons)
        losses["denoiser"] = self._stage("denoiser", modules, self._spec.denoiser, denoise)
        return losses

    def _see(self, lessons: Lessons) -> Callable[[torch.Generator], torch.Tensor]:
        """Return the loss of one step of the autoencoder."""
        batch = self._spec.autoencoder.batch_size
        vae = self._parts.vae

        def loss(generator: torch.Generator) -> torch.Tensor:
            chosen = torch.randint(len(lessons.images), (batch,), generator=generator)
            crops = _random_crops(lessons.images[chosen], CROP, generator)
            images = autoencoders.to_unit(crops).contiguous(memory_format=torch.channels_last)
            return autoencoders.reconstruction_loss(vae, images, generator)

        return loss

    def _denoise(
        self, latents: torch.Tensor, lessons: Lessons
    ) -> Callable[[torch.Generator], torch.Tensor]:
        """Return the loss of one step of the U-Net, which predicts the velocity."""
        section = self._spec.denoiser
        batch = section.batch_size
        schedule = DDPMScheduler(**SCHEDULE)
        tokens = _Prompts(self._parts.tokenizer, lessons)
        labels = torch.cat([lessons.labels, lessons.labels])

        def loss(generator: torch.Generator) -> torch.Tensor:
            chosen = torch.randint(len(latents), (batch,), generator=generator)
            clean = latents[chosen]
            noise = torch.randn(clean.shape, generator=generator)
            times = torch.randint(len(schedule.betas), (batch,), generator=generator)
            rows = tokens.draw(labels[chosen], section.drop_prompt, generator)
            distinct, where = rows.unique(return_inverse=True)
            texts = self._parts.text_encoder(tokens.ids[distinct])[0][where]
            noisy = schedule.add_noise(clean, noise, times)
            velocity = schedule.get_velocity(clean, noise, times)
            return F.mse_loss(self._parts.unet(noisy, times, texts).sample, velocity)

        return loss

    def _stage(
        self,
        name: str,
        modules: Sequence[torch.nn.Module],
        section: Autoencoder | Denoiser,
        loss: Callable[[torch.Generator], torch.Tensor],
    ) -> float:
        """Take the steps of one stage that are not taken yet; return the smoothed loss."""
        run = _Run(modules, section)
        saved = self._saved.get(name)
        if saved is not None:
            run.load(saved)
        left = section.steps - run.step
        for step in track(run.steps_left(), label=name, total=left, unit="steps"):
            generator = torch.Generator().manual_seed(derive_seed(self._spec.seed, name, step))
            run.take(_finite(loss(generator), name=name, step=step))
            if self._stopped() or self._state.due():
                self._keep(name, run)
            if self._stopped():
                raise StoppedError
        self._keep(name, run)
        run.finish()
        return run.loss

    def _keep(self, name: str, run: "_Run") -> None:
        self._saved[name] = run.state()
        self._state.save(self._saved)


class _Run:
    """Optimiser, schedule and moving average of one stage."""

    def __init__(self, modules: Sequence[torch.nn.Module], section: Autoencoder | Denoiser) -> None:
        self._modules = torch.nn.ModuleList(modules).train()
        self._parameters: list[torch.Tensor] = list(self._modules.parameters())
        self._section = section
        self._ema = section.ema if isinstance(section, Denoiser) else 0.0
        self._optimizer = torch.optim.AdamW(self._parameters, weight_decay=WEIGHT_DECAY)
        self._average = [parameter.detach().clone() for parameter in self._parameters]
        self.step = 0
        self.loss = 0.0

    def steps_left(self) -> Iterator[int]:
        while self.step < self._section.steps:
            yield self.step

    def take(self, loss: torch.Tensor) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = self._section.lr * _one_cycle(self.step / self._section.steps)
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._parameters, MAX_NORM)
        self._optimizer.step()
        self._follow()
        self.loss = loss.item() if self.step == 0 else 0.98 * self.loss + 0.02 * loss.item()
        self.step += 1

    @torch.no_grad()
    def finish(self) -> None:
        """Put the moving average in the place of the weights."""
        for parameter, average in zip(self._parameters, self._average, strict=True):
            parameter.copy_(average)
        self._modules.eval().requires_grad_(False)

    def state(self) -> Stage:
        return {
            "step": self.step,
            "loss": self.loss,
            "modules": self._modules.state_dict(),
            "average": self._average,
            "optimizer": self._optimizer.state_dict(),
        }

    def load(self, state: Stage) -> None:
        self.step, self.loss = state["step"], state["loss"]
        self._modules.load_state_dict(state["modules"])
        self._average = state["average"]
        self._optimizer.load_state_dict(state["optimizer"])

    @torch.no_grad()
    def _follow(self) -> None:
        # Short memory at first, or the random start would stay in the average.
        decay = min(self._ema, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(self._average, self._parameters, 1 - decay)


class _Prompts:
    """The tokens of all prompts, and of the empty one, which comes last."""

    def __init__(self, tokenizer: Any, lessons: Lessons) -> None:
        texts = [*lessons.texts(), ""]
        self.ids: torch.Tensor = tokenizer(
            texts, padding="max_length", truncation=True, return_tensors="pt"
        ).input_ids
        self._counts = torch.tensor([[len(texts) for texts in group] for group in lessons.prompts])
        ends = self._counts.flatten().cumsum(0).view_as(self._counts)
        self._starts = ends - self._counts

    def draw(self, labels: torch.Tensor, drop: float, generator: torch.Generator) -> torch.Tensor:
        """Return a row of `ids` for each label: one of its class's texts, or the empty one."""
        kind = torch.randint(self._counts.shape[1], labels.shape, generator=generator)
        share = torch.rand(labels.shape, generator=generator)
        rows = self._starts[labels, kind] + (share * self._counts[labels, kind]).long()
        dropped = torch.rand(labels.shape, generator=generator) < drop
        return torch.where(dropped, len(self.ids) - 1, rows)


def _finite(loss: torch.Tensor, *, name: str, step: int) -> torch.Tensor:
    if not torch.isfinite(loss):
        raise InputError(
            f"{name}: the loss is {loss.item()} in step {step}; the training diverged: set a "
            f"smaller lr in the generator's section {name}"
        )
    return loss


def _one_cycle(progress: float) -> float:
    """Return the share of the peak learning rate: a short rise, then half a cosine."""
    if progress < WARM_UP:
        return max(progress / WARM_UP, 1e-3)
    return 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP)))


def _with_mirrored(images: torch.Tensor) -> torch.Tensor:
    return torch.cat([images, images.flip(3)])


def _random_crops(images: torch.Tensor, size: int, generator: torch.Generator) -> torch.Tensor:
    """Return one crop of each image (B, 3, S, S); images up to `size` are returned whole."""
    count, room = len(images), images.shape[-1] - size
    if room <= 0:
        return images
    line = torch.arange(size)
    tops = torch.randint(room + 1, (count, 1), generator=generator) + line
    lefts = torch.randint(room + 1, (count, 1), generator=generator) + line
    chosen = images[torch.arange(count)[:, None, None], :, tops[:, :, None], lefts[:, None, :]]
    return chosen.permute(0, 3, 1, 2)
