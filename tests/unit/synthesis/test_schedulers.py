"""Samplers fit the kind of noise that a model was trained on, and keep its prediction."""

from typing import Any

import diffusers
import pytest
import torch

from cogworks.core.errors import InputError
from cogworks.synthesis.schedulers import (
    SCHEDULERS,
    check_own,
    denoiser_calls,
    fitting,
    with_scheduler,
)

BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
SD = BETAS | {"steps_offset": 1, "skip_prk_steps": True}
OF_BETAS = [name for name in SCHEDULERS if name != "flow_match_euler"]


@pytest.mark.parametrize(
    ("own", "fits"),
    [
        (diffusers.PNDMScheduler(**SD), OF_BETAS),
        (diffusers.DDIMScheduler(**BETAS, prediction_type="v_prediction"), OF_BETAS),
        (diffusers.DDIMScheduler(**BETAS, prediction_type="sample"), OF_BETAS[1:]),
        (diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0), ["flow_match_euler"]),
        (
            diffusers.DPMSolverMultistepScheduler(
                prediction_type="flow_prediction", use_flow_sigmas=True
            ),
            ["dpm_multistep", "unipc"],
        ),
        (diffusers.EDMEulerScheduler(), []),
    ],
    ids=["sd14", "sd21", "sample", "sd3", "sana", "edm"],
)
def test_what_fits_a_model(own: Any, fits: list[str]) -> None:
    assert fitting(own) == fits
    for name in SCHEDULERS:
        if name in fits:
            assert type(with_scheduler(own, name, where="model")) is SCHEDULERS[name]
        else:
            known = " or ".join([*fits, "null"])
            with pytest.raises(InputError, match=rf"scheduler: {name} does not fit.*take {known} "):
                with_scheduler(own, name, where="model")


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("steps", [1, 3])
def test_noise_and_prediction_are_kept(prediction: str, steps: int) -> None:
    own = diffusers.PNDMScheduler(**SD, prediction_type=prediction)
    for name in fitting(own):
        scheduler = with_scheduler(own, name, where="model")
        assert scheduler.config.prediction_type == prediction
        assert scheduler.config.beta_schedule == "scaled_linear"
        assert not scheduler.config.get("clip_sample", False)
        assert denoiser_calls(scheduler, steps) >= steps
        # The calls that a drawing makes, with a denoiser that answers zero.
        scheduler.set_timesteps(steps)
        latent = torch.ones(1, 4, 2, 2) * scheduler.init_noise_sigma
        for time in scheduler.timesteps:
            scaled = scheduler.scale_model_input(latent, time)
            latent = scheduler.step(scaled * 0, time, latent).prev_sample
        assert torch.isfinite(latent).all(), name


@pytest.mark.parametrize(
    ("kind", "calls"), [("PNDMScheduler", 51), ("DDIMScheduler", 50), ("HeunDiscreteScheduler", 99)]
)
def test_calls_of_the_denoiser(kind: str, calls: int) -> None:
    options = {"skip_prk_steps": True, "steps_offset": 1} if kind == "PNDMScheduler" else {}
    assert denoiser_calls(getattr(diffusers, kind)(**options), 50) == calls


def test_a_path_shifted_by_size_has_calls_too() -> None:
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    assert denoiser_calls(scheduler, 28) == 28


@pytest.mark.parametrize(
    ("own", "steps"), [(diffusers.DDIMScheduler(), 1001), (diffusers.LCMScheduler(), 51)]
)
def test_too_many_steps(own: Any, steps: int) -> None:
    with pytest.raises(InputError, match=rf"steps: {steps} are not possible"):
        denoiser_calls(own, steps)
    assert denoiser_calls(own, steps - 1) == steps - 1


@pytest.mark.parametrize(
    ("own", "pipeline", "named"),
    [
        (diffusers.PNDMScheduler(**SD), diffusers.StableDiffusionPipeline, None),
        (diffusers.LCMScheduler(**BETAS), diffusers.StableDiffusionXLPipeline, None),
        (diffusers.FlowMatchEulerDiscreteScheduler(), diffusers.StableDiffusion3Pipeline, None),
        (diffusers.DDIMScheduler(**BETAS), diffusers.StableDiffusion3Pipeline, "flow matching"),
        (
            diffusers.FlowMatchEulerDiscreteScheduler(),
            diffusers.StableDiffusionPipeline,
            "for diffusion",
        ),
        (
            diffusers.EulerDiscreteScheduler(prediction_type="v-prediction"),
            diffusers.StableDiffusionPipeline,
            "prediction_type is 'v-prediction'",
        ),
    ],
)
def test_the_folders_own_is_of_the_pipelines_kind(
    own: Any, pipeline: Any, named: str | None
) -> None:
    expected = pipeline.__init__.__annotations__["scheduler"]
    if named is None:
        check_own(own, expected, where="model")
    else:
        with pytest.raises(InputError, match=named):
            check_own(own, expected, where="model")
