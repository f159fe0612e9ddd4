"""The gateways that judge for a run, from its cluster section. Apart from `judging`, which needs Ray."""

import os

from temper.gateway.fleet import GatewayVerifiers
from temper.pipeline.recipe import ClusterSection


def gateways(cluster: ClusterSection) -> GatewayVerifiers:
    """Raises ValueError for a token that is not there."""
    name, token = cluster.verifiers_token_env, None
    if name is not None and not (token := os.environ.get(name, "").strip()):
        raise ValueError(
            f"cluster.verifiers_token_env: the variable {name} is not set here; export the gateways' token"
        )
    return GatewayVerifiers(cluster.verifiers_at, token)
