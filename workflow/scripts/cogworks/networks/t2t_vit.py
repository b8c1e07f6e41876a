"""T2T-ViT-t-14 (a-T2T-ViT-t-14 of the benchmark), for its published weights.

No library has it. Overlapping patches are gathered into tokens in three steps, with a transformer
of one narrow head between them; then follows a ViT of 14 layers. The parameters have the
publishers' names.
"""

import torch
from timm.layers import Mlp
from timm.models.vision_transformer import Block
from torch import nn

_WIDTH, _DEPTH, _HEADS, _MLP_RATIO = 384, 14, 6, 3.0
_TOKEN_WIDTH = 64


class T2TViT(nn.Module):
    """Normalised images (B, 3, S, S) to the class token (B, 384)."""

    def __init__(self, image_size: int) -> None:
        super().__init__()
        self.tokens_to_token = _TokensToToken()
        tokens = (image_size // 16) ** 2
        self.cls_token = nn.Parameter(torch.zeros(1, 1, _WIDTH))
        # Sinusoids, which the published file holds.
        self.pos_embed = nn.Parameter(torch.zeros(1, tokens + 1, _WIDTH), requires_grad=False)
        nn.init.trunc_normal_(self.cls_token, std=0.02)
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        self.blocks = nn.Sequential(
            *(
                Block(_WIDTH, _HEADS, _MLP_RATIO, qkv_bias=False, norm_layer=nn.LayerNorm)
                for _ in range(_DEPTH)
            )
        )
        self.norm = nn.LayerNorm(_WIDTH)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the class token of the last layer, normalised."""
        tokens = self.tokens_to_token(images)
        tokens = torch.cat([self.cls_token.expand(len(tokens), -1, -1), tokens], dim=1)
        return self.norm(self.blocks(tokens + self.pos_embed))[:, 0]


class _TokensToToken(nn.Module):
    """Images (B, 3, S, S) to tokens (B, (S/16)^2, 384)."""

    def __init__(self) -> None:
        super().__init__()
        self.soft_split0 = nn.Unfold(7, stride=4, padding=2)
        self.soft_split1 = nn.Unfold(3, stride=2, padding=1)
        self.soft_split2 = nn.Unfold(3, stride=2, padding=1)
        self.attention1 = _TokenTransformer(3 * 7 * 7)
        self.attention2 = _TokenTransformer(_TOKEN_WIDTH * 3 * 3)
        self.project = nn.Linear(_TOKEN_WIDTH * 3 * 3, _WIDTH)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        tokens = self.attention1(self.soft_split0(images).transpose(1, 2))
        tokens = self.attention2(self.soft_split1(_as_map(tokens)).transpose(1, 2))
        return self.project(self.soft_split2(_as_map(tokens)).transpose(1, 2))


class _TokenTransformer(nn.Module):
    """A layer that narrows tokens to 64; what it adds its attention to are the values."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn = _NarrowAttention(width)
        self.norm2 = nn.LayerNorm(_TOKEN_WIDTH)
        self.mlp = Mlp(_TOKEN_WIDTH, _TOKEN_WIDTH)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        tokens = self.attn(self.norm1(tokens))
        return tokens + self.mlp(self.norm2(tokens))


class _NarrowAttention(nn.Module):
    """One head of 64 channels, scaled by the width of what comes in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = width**-0.5
        self.qkv = nn.Linear(width, 3 * _TOKEN_WIDTH, bias=False)
        self.proj = nn.Linear(_TOKEN_WIDTH, _TOKEN_WIDTH)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        query, key, value = self.qkv(tokens).chunk(3, dim=-1)
        attended = nn.functional.scaled_dot_product_attention(query, key, value, scale=self.scale)
        return value + self.proj(attended)


def _as_map(tokens: torch.Tensor) -> torch.Tensor:
    """Return (B, side^2, C) as (B, C, side, side)."""
    side = round(tokens.shape[1] ** 0.5)
    return tokens.transpose(1, 2).unflatten(2, (side, side))
