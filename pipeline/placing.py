"""Where the actors of a stage stand: one by one wherever there is room, or together or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from temper.pipeline import failures
from temper.pipeline.mistakes import StageError
from temper.pipeline.recipe import ClusterSection

if TYPE_CHECKING:
    from ray.util.placement_group import PlacementGroup


@contextmanager
def places(cluster: ClusterSection) -> "Iterator[PlacementGroup | None]":
    """Places of a stage's engines and verifiers, in this order, where the section wants them taken together. Raises
    StageError when they are not to be had within `lost_s` seconds."""
    from ray.util.placement_group import placement_group, remove_placement_group

    if cluster.placement == "none":
        yield None
        return
    engine = {"CPU": 1.0, **({"GPU": cluster.engine_gpus} if cluster.engine_gpus else {})}
    verifier = {"CPU": 1.0, **({cluster.verifier_resource: 1.0} if cluster.verifier_resource else {})}
    verifiers = 0 if cluster.verifiers_at else cluster.verifiers
    bundles = [engine] * cluster.engines + [verifier] * verifiers
    group = placement_group(bundles, strategy=cluster.placement.upper())
    try:
        if not group.wait(cluster.lost_s):
            lacks = "; ".join(f"{name}: {failures.missing(name)}" for name in sorted({*engine, *verifier}))
            raise StageError(
                f"cluster.placement: no places for {cluster.engines} engines and {verifiers} verifiers at once within "
                f"cluster.lost_s, {cluster.lost_s:g} s ({lacks}); add nodes, or lower them"
            )
        yield group
    finally:
        remove_placement_group(group)


def at_place(group: "PlacementGroup | None", number: int) -> dict[str, Any]:
    """Options of the actor that takes the place `number`."""
    from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

    return {} if group is None else {"scheduling_strategy": PlacementGroupSchedulingStrategy(group, number)}
