"""The untrained parts of a tiny generator, and the Stable Diffusion pipeline that they make."""

from collections.abc import Sequence
from dataclasses import dataclass

import diffusers
import torch
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from cogworks.synthesis.specs import TextEncoder, TrainedSpec
from cogworks.synthesis.tiny.autoencoder import make_autoencoder
from cogworks.synthesis.tiny.vocabulary import learn_tokenizer

HEADS = 4
GROUPS = 8
# Stable Diffusion v1.4's noise schedule. But the U-Net predicts the velocity: where there is nearly
# nothing but noise, errors of a predicted noise grow fifteenfold in the image, and a model trained
# for minutes makes enough of them to drown its colours.
SCHEDULE = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction",
}


@dataclass(frozen=True)
class Parts:
    """Tokenizer, text encoder, denoiser and autoencoder."""

    tokenizer: CLIPTokenizer
    text_encoder: CLIPTextModel
    unet: diffusers.UNet2DConditionModel
    vae: diffusers.AutoencoderTiny


def make_parts(spec: TrainedSpec, texts: Sequence[str]) -> Parts:
    """Return the parts with random weights.

    Args:
        spec: the generator.
        texts: the prompts from which the vocabulary is learned.
    """
    text = spec.text_encoder
    tokenizer = learn_tokenizer(texts, vocabulary=text.vocabulary, length=text.length)
    torch.manual_seed(spec.seed)
    return Parts(
        tokenizer=tokenizer,
        text_encoder=make_text_encoder(tokenizer, text),
        unet=make_denoiser(spec),
        vae=make_autoencoder(spec.autoencoder),
    )


def make_text_encoder(tokenizer: CLIPTokenizer, text: TextEncoder) -> CLIPTextModel:
    """Return a CLIP text encoder with random weights for the tokens of `tokenizer`."""
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=text.width,
        intermediate_size=2 * text.width,
        projection_dim=text.width,
        num_hidden_layers=text.layers,
        num_attention_heads=HEADS,
        max_position_embeddings=text.length,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return CLIPTextModel(config)


def make_denoiser(spec: TrainedSpec) -> diffusers.UNet2DConditionModel:
    """Return a U-Net with random weights.

    It attends to the text at its lowest resolution, and a pooled text scales and shifts the
    features of every block, through which a class is learned much sooner.
    """
    channels = spec.denoiser.channels
    plain = len(channels) - 1
    return diffusers.UNet2DConditionModel(
        sample_size=spec.image_size // spec.autoencoder.downscale,
        in_channels=spec.autoencoder.latent_channels,
        out_channels=spec.autoencoder.latent_channels,
        block_out_channels=tuple(channels),
        layers_per_block=1,
        down_block_types=("DownBlock2D",) * plain + ("CrossAttnDownBlock2D",),
        up_block_types=("CrossAttnUpBlock2D",) + ("UpBlock2D",) * plain,
        cross_attention_dim=spec.text_encoder.width,
        attention_head_dim=HEADS,
        norm_num_groups=GROUPS,
        addition_embed_type="text",
        addition_embed_type_num_heads=HEADS,
        resnet_time_scale_shift="scale_shift",
    )


def assemble(parts: Parts) -> diffusers.StableDiffusionPipeline:
    """Return the pipeline of these parts, with the scheduler of Stable Diffusion v1.4."""
    scheduler = diffusers.PNDMScheduler(
        **SCHEDULE, skip_prk_steps=True, set_alpha_to_one=False, steps_offset=1
    )
    return diffusers.StableDiffusionPipeline(
        tokenizer=parts.tokenizer,
        text_encoder=parts.text_encoder,
        unet=parts.unet,
        vae=parts.vae,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
