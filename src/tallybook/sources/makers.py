"""Who served a call that went through a gateway: told by what the gateway calls the service that it
sent the call to, or by the model's spelling. What it costs there is the price book's business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from ..naming import UNKNOWN, provider_of

FROM_MODEL = "provider-from-model"
"""The guess that a model was served by its maker."""

FROM_SERVICE = "provider-from-service"
"""The guess that a service is the provider whose name its own has."""

_MAKERS = (
    ("anthropic", ("claude",)),
    ("openai", ("gpt", "chatgpt", "o1", "o3", "o4", "codex", "text-embedding-", "dall-e")),
    ("google", ("gemini", "gemma", "learnlm")),
    ("alibaba", ("qwen", "qwq", "qvq", "tongyi")),
    ("deepseek", ("deepseek",)),
    ("moonshotai", ("kimi", "moonshot")),
    ("zai", ("glm", "chatglm")),
    ("x-ai", ("grok",)),
    ("mistral", ("mistral", "ministral", "magistral", "codestral", "devstral", "pixtral")),
    ("cohere", ("command", "c4ai", "embed-", "rerank-")),
    ("minimax", ("minimax", "abab")),
    ("volcengine", ("doubao",)),
    ("tencent-tokenhub", ("hunyuan",)),
    ("perplexity", ("sonar",)),
    ("stepfun-ai", ("step-",)),
    ("xiaomi", ("mimo",)),
    ("longcat", ("longcat",)),
    ("meta", ("llama", "meta-llama")),
    ("aws", ("amazon.", "nova-", "titan-")),
)
"""Makers, with how the names of their models begin."""

_SELLERS = {
    "azure": "azure", "bedrock": "aws", "aws": "aws",
    "vertex": "google-vertex", "vertexai": "google-vertex",
    "openrouter": "openrouter", "together": "together", "togetherai": "together",
    "fireworks": "fireworks", "groq": "groq", "cerebras": "cerebras", "baseten": "baseten",
    "novita": "novita", "perplexity": "perplexity", "copilot": "github-copilot",
    "volcengine": "volcengine", "ark": "volcengine", "doubao": "volcengine",
    "dashscope": "alibaba", "bailian": "alibaba-cn", "aliyun": "alibaba-cn",
    "siliconflow": "siliconflow", "ollama": "ollama", "vllm": "vllm", "lmstudio": "lmstudio",
}  # fmt: skip
"""Words in a service's name that tell who sold the call, whatever was sold. Clouds are called here
as `provider_of` calls them, so that one has one row in a report."""

_OWN = {
    "openai": "openai", "anthropic": "anthropic", "claude": "anthropic", "gemini": "google",
    "google": "google", "qwen": "alibaba", "alibaba": "alibaba", "deepseek": "deepseek",
    "moonshot": "moonshotai", "kimi": "moonshotai", "zhipu": "zhipuai", "zhipuai": "zhipuai",
    "zai": "zai", "glm": "zai", "xai": "x-ai", "grok": "x-ai", "mistral": "mistral",
    "cohere": "cohere", "minimax": "minimax", "stepfun": "stepfun-ai", "hunyuan":
    "tencent-tokenhub", "tencent": "tencent-tokenhub", "longcat": "longcat", "xiaomi": "xiaomi",
    "meta": "meta", "upstage": "upstage", "baidu": "baidu", "spark": "spark", "yi": "yi",
}  # fmt: skip
"""Words in a service's name that tell a maker: a service may speak another one's protocol and serve
other models, so that the model goes before them."""

_KIN = {"zhipuai": "zai"}
"""Providers of a maker that have a name, and prices, of their own."""

FROM_REGION = "region-guessed"
"""The guess which of the lists of a maker, of the mainland or for all others, a service asks."""

LISTS = {
    "alibaba": "alibaba-cn", "moonshotai": "moonshotai-cn", "minimax": "minimax-cn",
    "zai": "zhipuai",
}  # fmt: skip
"""Makers that ask other prices on the mainland, each with what it is called there."""

_REGIONS = {
    "cn": True, "china": True, "mainland": True, "beijing": True, "hangzhou": True,
    "shanghai": True, "intl": False, "international": False, "global": False, "sg": False,
    "singapore": False,
}  # fmt: skip
"""Words in a service's name that tell whether it is on the mainland."""

_TOLD = frozenset(("zhipu", "zhipuai", "zai"))
"""Words that tell the list by themselves: names of the maker that only one of both has."""

_SHARED = ("text-embedding-v",)
"""How names begin that several makers give: the service goes before them."""

_WORD = re.compile(r"[a-z0-9]+")


def maker_of(model: str) -> str:
    """Who makes a model, by its spelling: `qwen-max` → `alibaba`, `openai/gpt-5` → `openai`;
    `unknown` where that tells nobody."""
    name = model.rpartition("/")[2].lower()
    told = provider_of(name)
    if told != UNKNOWN:
        return told
    return next((maker for maker, begins in _MAKERS if name.startswith(begins)), UNKNOWN)


@lru_cache(maxsize=512)
def served(model: str, service: str, response: str = "") -> tuple[str, str]:
    """The provider of a call, and the names of the guesses that it is, empty if it is none.
    `service` is what the gateway calls the service behind it, `response` the provider's id of the
    response.

    A cloud's mark in the response's id is the surest, then a service that is named after one who
    sells others' models, then the model's maker, then a service named after a maker."""
    marked = provider_of("", response)
    if marked != UNKNOWN:
        return marked, ""
    words = _WORD.findall(service.lower())
    sellers = (_SELLERS[word] for word in words if word in _SELLERS)
    seller = next(sellers, UNKNOWN)
    if seller != UNKNOWN:
        return _in_region(seller, "", words)
    maker = maker_of(model)
    own = next((_OWN[word] for word in words if word in _OWN), UNKNOWN)
    if own != UNKNOWN and model.lower().startswith(_SHARED):
        maker = UNKNOWN
    if maker not in (UNKNOWN, _KIN.get(own, own)):
        return _in_region(maker, FROM_MODEL, words)
    if maker != UNKNOWN or own == UNKNOWN:
        return _in_region(own, "", words)
    return _in_region(own, FROM_SERVICE, words)


def _in_region(provider: str, guess: str, words: Sequence[str]) -> tuple[str, str]:
    """The same with the list of prices that holds where the service is, as far as it says."""
    maker = next((maker for maker, there in LISTS.items() if provider == there), provider)
    if maker not in LISTS:
        return provider, guess
    regions = [_REGIONS[word] for word in words if word in _REGIONS]
    if regions:
        return (LISTS[maker] if regions[0] else maker), guess
    if not guess and not _TOLD.isdisjoint(words):
        return provider, guess
    return provider, f"{guess};{FROM_REGION}" if guess else FROM_REGION


class Providers:
    """The services of one gateway: what the user says of them, else what their names say."""

    def __init__(self, providers: Mapping[str, str]) -> None:
        self._providers = {plain_name(name): told for name, told in providers.items()}

    def served(self, model: str, cluster: str, response: str = "") -> tuple[str, str]:
        """See `served`; `cluster` is the gateway's full name of the service."""
        service = plain_name(cluster)
        told = self._providers.get(service)
        return (told, "") if told else served(model, service, response)


@lru_cache(maxsize=512)
def plain_name(cluster: str) -> str:
    """What the gateway calls the service behind a cluster: `outbound|443||llm-qwen.internal.dns` is
    `qwen`."""
    name = cluster.rpartition("|")[2]
    return name.removesuffix(".internal.dns").removesuffix(".internal").removeprefix("llm-")
