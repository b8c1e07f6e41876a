"""Samplers by name, and which of them fit a model.

A denoiser was trained on one kind of noise: with the betas of a diffusion process, or on the
straight paths of flow matching. A sampler of another kind draws from it without complaint, and
what it draws is a blur.
"""

import copy
from typing import Any

import diffusers

from cogworks.core.errors import InputError

SCHEDULERS: dict[str, type[diffusers.SchedulerMixin]] = {
    "pndm": diffusers.PNDMScheduler,
    "ddim": diffusers.DDIMScheduler,
    "ddpm": diffusers.DDPMScheduler,
    "euler": diffusers.EulerDiscreteScheduler,
    "euler_ancestral": diffusers.EulerAncestralDiscreteScheduler,
    "heun": diffusers.HeunDiscreteScheduler,
    "dpm_multistep": diffusers.DPMSolverMultistepScheduler,
    "unipc": diffusers.UniPCMultistepScheduler,
    "lms": diffusers.LMSDiscreteScheduler,
    "lcm": diffusers.LCMScheduler,
    "flow_match_euler": diffusers.FlowMatchEulerDiscreteScheduler,
}
FLOW = "flow_match_euler"
# What a model of betas may predict; these two can follow flow matching as well.
PREDICTIONS = ("epsilon", "sample", "v_prediction")
BOTH_KINDS = ("dpm_multistep", "unipc")
LACKING = {("pndm", "sample")}


def fitting(own: Any) -> list[str]:
    """Return the names of the samplers that fit a model, by the scheduler of its folder."""
    config, prediction = own.config, own.config.get("prediction_type", "epsilon")
    if _matches_flow(own):
        return list(BOTH_KINDS) if "beta_schedule" in config else [FLOW]
    if "beta_schedule" not in config or prediction not in PREDICTIONS:
        return []
    return [name for name in SCHEDULERS if name != FLOW and (name, prediction) not in LACKING]


def with_scheduler(own: Any, name: str, *, where: str) -> Any:
    """Return the sampler `name` with the noise and the prediction of the folder's own.

    Raises:
        InputError: it does not fit the model; those that do are named.
    """
    fits = fitting(own)
    if name not in fits and type(own) is not SCHEDULERS[name]:
        known = " or ".join([*fits, "null"])
        raise InputError(
            f"scheduler: {name} does not fit {where}, whose own is {_describe(own)}; take {known} "
            "(null keeps its own)"
        )
    # Latents are not confined to [-1, 1], which some schedulers assume unless told.
    return SCHEDULERS[name].from_config(own.config, clip_sample=False)


def check_own(own: Any, expected: object, *, where: str) -> None:
    """Check that the scheduler in a folder is of the kind that its pipeline is made for.

    Args:
        own: the scheduler.
        expected: how the pipeline's constructor annotates it.
        where: the folder.

    Raises:
        InputError: flow matching for a model of betas, betas for a model of flow matching, or a
            prediction that the scheduler does not know.
    """
    wants = str(expected)
    flow = _matches_flow(own)
    wrong = "FlowMatch" in wants if not flow else "KarrasDiffusionSchedulers" in wants
    if wrong:
        raise InputError(
            f"{where}/scheduler: {_describe(own)} does not fit the pipeline, which is made for "
            f"{'diffusion' if flow else 'flow matching'}; copy the scheduler's folder from where "
            "the model comes from"
        )
    prediction = own.config.get("prediction_type", "epsilon")
    if prediction not in (*PREDICTIONS, "flow_prediction"):
        known = ", ".join(PREDICTIONS)
        raise InputError(
            f"{where}/scheduler/scheduler_config.json: prediction_type is {prediction!r}; known: "
            f"{known}, flow_prediction"
        )


def denoiser_calls(scheduler: Any, steps: int) -> int:
    """Return how often the denoiser is called in `steps` steps (PNDM: one more; Heun: double).

    Raises:
        InputError: the scheduler cannot take this many steps.
    """
    trial = copy.deepcopy(scheduler)
    most = trial.config.get("num_train_timesteps", steps)
    # The shift of the path, by the size of the image: it changes times, not their number.
    options = {"mu": 1.0} if trial.config.get("use_dynamic_shifting") else {}
    try:
        if steps > most:
            raise ValueError(f"more than the {most} with which the model was trained")
        trial.set_timesteps(steps, **options)
    except ValueError as error:
        name = type(scheduler).__name__
        raise InputError(f"steps: {steps} are not possible with {name} ({error})") from error
    return len(trial.timesteps)


def _matches_flow(scheduler: Any) -> bool:
    config = scheduler.config
    return (
        "FlowMatch" in type(scheduler).__name__
        or config.get("prediction_type") == "flow_prediction"
        or bool(config.get("use_flow_sigmas", False))
    )


def _describe(scheduler: Any) -> str:
    prediction = scheduler.config.get("prediction_type")
    kind = "flow matching" if _matches_flow(scheduler) else prediction
    return type(scheduler).__name__ + (f" ({kind})" if kind else "")
