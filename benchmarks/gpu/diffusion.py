"""Images per second of Stable Diffusion v1.4's architecture on a GPU, with random weights.

    python benchmarks/gpu/diffusion.py [--batches 8 16 32] [--ways float16 ...] [--steps 50]

U-Net, autoencoder and text encoder have the sizes of v1.4; the tokenizer knows single bytes alone,
so that prompts have other tokens, but as many (77). Drawn by `Artist`, as a clone is, at 512 x 384,
50 steps of PNDM and guidance 7.5. `share` is that of the rate of one large matrix product of the
same precision. A way with `+compile` compiles the U-Net, one with `+contiguous` is that of
`channels_last: false`. `days` is the time that one such card takes for the 1.28M images of
ImageNet-SD.
"""

import time
from functools import partial
from typing import Any

import diffusers
import torch
from card import Report, kernels, matrix_rate, name_of, operations, parser, seconds
from synthesis import make_plan
from transformers import CLIPTextConfig, CLIPTextModel

from cogworks.core.cli import positive
from cogworks.synthesis.components import DTYPES
from cogworks.synthesis.draw import Artist, Order
from cogworks.synthesis.schedulers import denoiser_calls
from cogworks.synthesis.tiny.vocabulary import make_tokenizer

IMAGES, DAY = 1_281_167, 86400
LENGTH = 77
# What differs from diffusers' defaults, from the published `config.json` of each part.
UNET = {"sample_size": 64, "cross_attention_dim": 768, "attention_head_dim": 8}
VAE = {
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
    "sample_size": 512,
}
TEXT = {
    "vocab_size": 49408,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "projection_dim": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "max_position_embeddings": LENGTH,
}
TINY_UNET = {"block_out_channels": (32, 32, 32, 32)}
TINY_VAE = {"block_out_channels": (32, 32, 32, 32), "layers_per_block": 1}
TINY_TEXT = {"num_hidden_layers": 1, "intermediate_size": 768}


def make_pipe(precision: str, device: torch.device, *, channels_last: bool, tiny: bool) -> Any:
    """Return a pipeline as `load_pipeline` leaves it; `tiny` is for trying this script."""
    tokenizer = make_tokenizer([], length=LENGTH)
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    torch.manual_seed(0)
    with device:
        parts = {
            "unet": diffusers.UNet2DConditionModel(**UNET | (TINY_UNET if tiny else {})),
            "vae": diffusers.AutoencoderKL(**VAE | (TINY_VAE if tiny else {})),
            "text_encoder": CLIPTextModel(
                CLIPTextConfig(**TEXT | (TINY_TEXT if tiny else {}), **ends)
            ),
        }
    scheduler = diffusers.PNDMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        skip_prk_steps=True,
        set_alpha_to_one=False,
        steps_offset=1,
    )
    pipe = diffusers.StableDiffusionPipeline(
        **{name: part.to(DTYPES[precision]).eval() for name, part in parts.items()},
        tokenizer=tokenizer,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    pipe.to(device)
    if channels_last:
        for name in ("unet", "vae"):
            getattr(pipe, name).to(memory_format=torch.channels_last)
    return pipe


def image_operations(pipe: Any, spec: Any, device: torch.device) -> float:
    """Return the operations of one image: calls of the U-Net with guidance, and decoding."""
    dtype = pipe.unet.dtype
    latent = torch.zeros(1, 4, spec.height // 8, spec.width // 8, dtype=dtype, device=device)
    text = torch.zeros(1, LENGTH, 768, dtype=dtype, device=device)
    moment = torch.tensor(1, device=device)
    call = operations(pipe.unet, latent, moment, encoder_hidden_states=text)
    return 2 * denoiser_calls(pipe.scheduler, spec.steps) * call + operations(
        pipe.vae.decoder, latent
    )


def main() -> None:
    args_of = parser(__doc__)
    args_of.add_argument("--ways", nargs="+", default=["float16", "bfloat16"])
    args_of.add_argument("--batches", type=positive, nargs="+", default=[8, 16, 32])
    args_of.add_argument("--steps", type=positive, default=50)
    args_of.add_argument(
        "--size", type=positive, nargs=2, default=[512, 384], help="width and height"
    )
    args_of.add_argument("--tiny", action="store_true", help="a small network")
    args_of.add_argument("--profile", action="store_true", help="look into the kernels")
    args = args_of.parse_args()
    report, device = Report(args.json), args.device
    print(name_of(device))
    for way in args.ways:
        precision, *rest = way.split("+")
        rate = matrix_rate(precision, device, size=8192 if device.type == "cuda" else 256)
        last = "contiguous" not in rest
        pipe = make_pipe(precision, device, channels_last=last, tiny=args.tiny)
        for batch in args.batches:
            clone = {
                "width": args.size[0],
                "height": args.size[1],
                "steps": args.steps,
                "precision": precision,
                "padded_batch": batch,
            }
            spec = make_plan({"dataset": "none"}, clone).clones["clone"].draw_spec
            flops = image_operations(pipe, spec, device)
            if "compile" in rest and batch == args.batches[0]:
                pipe.unet.compile()
            orders = [Order(f"a photo of class {number}", number) for number in range(batch)]
            few = Artist(pipe, spec.model_copy(update={"steps": 2}))
            few.draw(orders)
            artist = Artist(pipe, spec)
            start = seconds(lambda few=few, orders=orders: few.draw(orders), device, rounds=1)
            took = seconds_once(lambda artist=artist, orders=orders: artist.draw(orders))
            rate_of = batch / took
            report.add(
                f"{way}, batch {batch}",
                images_a_second=rate_of,
                two_steps=start,
                share=flops * rate_of / rate,
                days=IMAGES / rate_of / DAY,
                teraflop_an_image=flops / 1e12,
                gigabytes=memory(device),
            )
        if args.profile:
            report.add(
                f"{way}, kernels", lines="\n".join(kernels(partial(few.draw, orders), device))
            )
        del pipe


def seconds_once(work: Any) -> float:
    start = time.perf_counter()
    work()  # the drawings lie on the CPU then
    return time.perf_counter() - start


def memory(device: torch.device) -> float:
    return torch.cuda.max_memory_allocated(device) / 1e9 if device.type == "cuda" else 0.0


if __name__ == "__main__":
    main()
