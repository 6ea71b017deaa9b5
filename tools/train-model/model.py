"""The Llama architecture as Hugging Face's LlamaForCausalLM computes it, in plain torch.

Parameter names are Hugging Face's, so that a state dict is a checkpoint. Knows nothing of text.
"""
import math
from dataclasses import asdict, dataclass
from typing import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Past = list[Tensor]  # empty, or keys and values: [batch, kv_heads, positions, head_dim]


@dataclass(frozen=True)
class Config:
    vocab_size: int = 2048
    hidden_size: int = 256
    intermediate_size: int = 640
    num_hidden_layers: int = 6
    num_attention_heads: int = 8
    num_key_value_heads: int = 4
    head_dim: int = 32
    max_position_embeddings: int = 1024
    rms_norm_eps: float = 1e-5
    rope_theta: float = 10000.0

    @classmethod
    def from_json(cls, fields: dict) -> "Config":
        return cls(**{name: fields[name] for name in asdict(cls())})


SHAPES = {
    "small": Config(),  # 4.7M parameters, for hours of a CPU
    # 24.6M parameters, for minutes of a GPU: twice as wide, with heads of 64. The same tokens: 4,096 of them would shorten
    # the corpus's chats by only 7%. The same context: no chat of the corpus is longer.
    "medium": Config(hidden_size=512, intermediate_size=1408, num_hidden_layers=8, head_dim=64),
}


class RMSNorm(nn.Module):
    def __init__(self, size: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps) * self.weight


def rope_tables(config: Config) -> tuple[Tensor, Tensor]:
    """cos and sin, [positions, head_dim] f64, both halves alike (rotate-half layout)."""
    inverse = config.rope_theta ** (-torch.arange(0, config.head_dim, 2, dtype=torch.float64) / config.head_dim)
    angles = torch.outer(torch.arange(config.max_position_embeddings, dtype=torch.float64), inverse).repeat(1, 2)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    low, high = x.chunk(2, -1)
    return x * cos + torch.cat((-high, low), -1) * sin


Attend = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]  # q, k, v [batch, heads, positions, head_dim], mask → as q


def stacked_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """The query heads of one KV head are stacked along the length: K and V are never repeated."""
    batch, heads, length, head_dim = q.shape
    kv_heads = k.shape[1]
    group = heads // kv_heads
    q = q.reshape(batch * kv_heads, group * length, head_dim)
    k = k.reshape(batch * kv_heads, -1, head_dim)
    v = v.reshape(batch * kv_heads, -1, head_dim)
    scores = torch.baddbmm(mask.repeat(group, 1), q, k.transpose(1, 2), alpha=1 / math.sqrt(head_dim))
    out = torch.bmm(F.softmax(scores, -1, dtype=torch.promote_types(v.dtype, torch.float32)), v)
    return out.view(batch, heads, length, head_dim)


def fused_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """One kernel that never stores the scores. Only for training: all positions begin at 0, so that `mask` is the causal one."""
    group = q.shape[1] // k.shape[1]
    return F.scaled_dot_product_attention(q, k.repeat_interleave(group, 1), v.repeat_interleave(group, 1), is_causal=True)


class Attention(nn.Module):
    def __init__(self, config: Config, attend: Attend):
        super().__init__()
        self.attend = attend
        self.heads, self.kv_heads, self.head_dim = (
            config.num_attention_heads,
            config.num_key_value_heads,
            config.head_dim,
        )
        self.q_proj = nn.Linear(config.hidden_size, self.heads * self.head_dim, bias=False)
        self.k_proj = nn.Linear(config.hidden_size, self.kv_heads * self.head_dim, bias=False)
        self.v_proj = nn.Linear(config.hidden_size, self.kv_heads * self.head_dim, bias=False)
        self.o_proj = nn.Linear(self.heads * self.head_dim, config.hidden_size, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor, past: Past | None) -> Tensor:
        batch, length, _ = x.shape
        q = self.q_proj(x).view(batch, length, self.heads, self.head_dim).transpose(1, 2)
        k = self.k_proj(x).view(batch, length, self.kv_heads, self.head_dim).transpose(1, 2)
        v = self.v_proj(x).view(batch, length, self.kv_heads, self.head_dim).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if past is not None:
            if past:
                k, v = torch.cat((past[0], k), 2), torch.cat((past[1], v), 2)
            past[:] = k, v
        out = self.attend(q, k, v, mask).transpose(1, 2).reshape(batch, length, -1)
        return self.o_proj(out)


class MLP(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, config: Config, attend: Attend):
        super().__init__()
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.self_attn = Attention(config, attend)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.mlp = MLP(config)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor, past: Past | None) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask, past)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    def __init__(self, config: Config, attend: Attend):
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config, attend) for _ in range(config.num_hidden_layers))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)


class Llama(nn.Module):
    def __init__(self, config: Config, attend: Attend = stacked_attention):
        super().__init__()
        self.config = config
        self.model = Decoder(config, attend)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                residual = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(weight, std=0.02 / math.sqrt(2 * config.num_hidden_layers) if residual else 0.03)
        for name, table in zip(("cos", "sin"), rope_tables(config)):
            self.register_buffer(name, table, persistent=False)

    def hidden(self, ids: Tensor, cache: list[Past] | None = None) -> Tensor:
        """[batch, length] ids → [batch, length, hidden_size] after the last norm. Right padding is harmless.

        With a cache (one empty list a layer at first) ids go on where the last call stopped.
        """
        start = cache[0][0].shape[2] if cache and cache[0] else 0
        end = start + ids.shape[1]
        x = self.model.embed_tokens(ids)
        cos, sin = (table[start:end].to(x.dtype) for table in (self.cos, self.sin))
        mask = torch.full((end - start, end), float("-inf"), dtype=x.dtype, device=x.device).triu(1 + start)
        for i, layer in enumerate(self.model.layers):
            x = layer(x, cos, sin, mask, cache[i] if cache else None)
        return self.model.norm(x)

    def logits(self, hidden: Tensor) -> Tensor:
        return F.linear(hidden, self.model.embed_tokens.weight)
