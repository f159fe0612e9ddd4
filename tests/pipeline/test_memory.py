"""What a base weighs, what a GPU needs for its training and how long a step takes, without loading anything."""

import importlib.util
import json
from pathlib import Path

import pytest

from temper.pipeline.budget import step_seconds
from temper.pipeline.explain import explain
from temper.pipeline.loading import load
from temper.pipeline.memory import Shape, engine_bytes, gpu_bytes, rank_bytes, shape_of, sizes_of
from temper.pipeline.preflight import preflight
from temper.pipeline.recipe import GpuSection
from temper.policy.bases import FolderBase, HubBase, SizesSection, TinyBase
from temper.policy.section import AdamWSection, LearnersSection, MuonSection
from temper.rlvr.engines.decode_cache import BLOCK
from temper.rlvr.section import TransformersEngineSection, VllmEngineSection

SIZES = SizesSection(layers=10, hidden=8, vocabulary=64, heads=2, kv_heads=1, head_dim=4, width=16)


def test_the_tiny_base_is_counted_as_it_is_built() -> None:
    from temper.policy.tiny import build_model

    for section in (
        TinyBase(),
        TinyBase(layers=8, hidden=64, experts=4, heads=2, kv_heads=1, vocabulary=384),
    ):
        model = build_model(section, seed=0)
        assert shape_of(section).parameters == sum(parameter.numel() for parameter in model.parameters())
        assert shape_of(section).sizes == sizes_of(model.config.to_dict())


def test_a_folder_is_counted_from_its_headers(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"num_hidden_layers": 2, "max_position_embeddings": 64}')
    tensors = {
        "a": {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]},
        "__metadata__": {"format": "pt"},
    }
    header = json.dumps(tensors).encode()
    (tmp_path / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(48))
    assert shape_of(FolderBase(path=str(tmp_path))) == Shape(12, 64, None, None)


def test_the_mellum_recipes_give_the_released_sizes() -> None:
    from transformers import MellumConfig

    for name in ("instruct", "thinking"):
        base = load(f"temper:mellum2/{name}").recipe.base
        assert isinstance(base, HubBase) and base.sizes
        kinds = [*["sliding_attention"] * 3, "full_attention"] * 7
        released = MellumConfig(max_position_embeddings=131_072, layer_types=kinds)
        assert base.sizes == sizes_of(released.to_dict())


def test_a_models_config_is_read_where_it_was_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = {
        "num_hidden_layers": 10, "hidden_size": 8, "vocab_size": 64, "num_attention_heads": 2,
        "num_key_value_heads": 1, "intermediate_size": 16,
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    base = HubBase(name="a/b", revision="0" * 40, parameters=7)
    assert shape_of(base) == Shape(7)
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *names, **of: str(tmp_path / "config.json"))
    assert shape_of(base) == Shape(7, None, 64, SIZES)


@pytest.mark.parametrize(
    ("learners", "bytes_a_parameter"),
    [
        (LearnersSection(), 16),
        (LearnersSection(ranks=4, gpus=1), 16 + 2),
        (LearnersSection(ranks=4, gpus=1, deepspeed="zero1"), 2 + 2 + 12 / 4 + 4),
        (LearnersSection(ranks=4, gpus=1, deepspeed="zero2"), 2 + 2 / 4 + 12 / 4 + 4),
        (LearnersSection(ranks=4, gpus=1, deepspeed="zero3"), 16 / 4 + 4 + 2),
        (LearnersSection(ranks=2, deepspeed="zero2"), 4 + 4 / 2 + 8 / 2),
    ],
)
def test_memory_is_divided_as_zero_divides_it(learners: LearnersSection, bytes_a_parameter: float) -> None:
    parts = rank_bytes(Shape(parameters=1000), learners, 0, AdamWSection())
    assert parts and sum(parts.values()) == 1000 * bytes_a_parameter


def test_buckets_and_gathered_layers_are_bounded() -> None:
    parts = rank_bytes(Shape(parameters=10**11), LearnersSection(gpus=1, deepspeed="zero3"), 0, AdamWSection())
    assert parts and parts["gathered and buckets"] == 4 * 10**9


def test_muon_keeps_one_momentum_of_a_matrix_and_two_moments_of_embeddings_and_head() -> None:
    shape = Shape(parameters=10_000, sizes=SIZES)
    parts = rank_bytes(shape, LearnersSection(ranks=4, deepspeed="zero1"), 0, MuonSection())
    assert parts and parts["optimizer"] == (4 * (10_000 - 2 * 64 * 8) + 8 * 2 * 64 * 8) // 4


def test_adapters_alone_have_gradients_and_moments() -> None:
    for learners in (LearnersSection(), LearnersSection(ranks=4, deepspeed="zero2")):
        assert rank_bytes(Shape(parameters=1000), learners, 0, AdamWSection(), lora=True) == {"weights": 4000}


def test_checkpointing_keeps_the_inputs_of_layers_alone() -> None:
    shape, whole = Shape(parameters=0, sizes=SIZES), LearnersSection(gpus=1, deepspeed="zero2")
    kept = [
        (rank_bytes(shape, learners, 100, AdamWSection()) or {})["kept activations"]
        for learners in (whole, whole.model_copy(update={"gradient_checkpointing": True}))
    ]
    assert kept == [100 * 10 * (9 * 8 + 5 * 8 + 5 * 4 + 4 * 16) * 2, 100 * 10 * 8 * 2]
    assert rank_bytes(Shape(), LearnersSection(), 1, AdamWSection()) is None


@pytest.mark.parametrize(
    "name",
    ["sparse", *(pytest.param(name, marks=pytest.mark.whole) for name in ("dense, autocast", "dense, a short batch"))],
)
def test_activations_are_those_of_fake_tensors(name: str) -> None:
    path = Path(__file__).parents[2] / "benchmarks/memory.py"
    spec = importlib.util.spec_from_file_location("memory_bench", path)
    assert spec and spec.loader
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    _, config, tokens, checkpointing, deepspeed = next(one for one in bench.SMALL if one[0] == name)
    config.num_hidden_layers = 2
    line = bench.compared(name, config, tokens // 2, checkpointing, deepspeed)
    assert 0.85 < line["ratio"] < 1.15, line


def test_an_engine_keeps_a_window_of_most_layers() -> None:
    sizes = SIZES.model_copy(update={"window": 32, "full_layers": 2})
    shape, engine = Shape(parameters=1000, sizes=sizes), TransformersEngineSection(batch=4)
    columns = 2 * 100 + 8 * 32 + 10 * BLOCK
    assert engine_bytes(shape, engine, 100) == {"weights": 2000, "keys and values": 4 * columns * 2 * 2 * 4}
    assert engine_bytes(shape, VllmEngineSection(), 100) is None


@pytest.mark.parametrize(("memory", "rows"), [(None, 4), (1e9, 4), (2000 + 2 * 2 * 16 * 1096, 2), (2100, 1)])
def test_keys_and_values_take_no_more_than_the_memory_has_and_one_row_has_room(memory: float | None, rows: int) -> None:
    sizes = SIZES.model_copy(update={"window": 32, "full_layers": 2})
    shape, engine = Shape(parameters=1000, sizes=sizes), TransformersEngineSection(batch=4, memory=0.5)
    row = 1096 * 2 * 2 * 4
    gpu = GpuSection(memory_gib=memory and memory / 2**30)
    assert engine_bytes(shape, engine, 100, gpu) == {"weights": 2000, "keys and values": rows * row}


def test_a_forward_reads_the_experts_that_its_tokens_go_to() -> None:
    """10 layers, 8 experts of 3 x 8 x 16 = 384 parameters, 2 a token."""
    sizes = SIZES.model_copy(update={"experts": 8, "experts_per_token": 2})
    shape = Shape(parameters=100_000, sizes=sizes)
    others = 100_000 - 10 * 8 * 384
    assert [shape.read_by(tokens) for tokens in (0, 1, 2)] == [others, others + 10 * 2 * 384, others + 10 * 3.5 * 384]
    assert shape.read_by(10**6) == 100_000 and shape.active == shape.read_by(1)
    assert Shape(parameters=7).read_by(3) == 7 and Shape().active is None


def test_small_fits_its_gpu_with_the_engine_beside_the_learner(tmp_path: Path) -> None:
    for name in ("instruct", "thinking"):
        recipe = load(f"temper:small/{name}").recipe
        assert 18 < gpu_bytes(recipe, shape_of(recipe.base))["rlvr"] / 2**30 < 24
        wider = load(f"temper:small/{name}", ["engine.batch=128"]).recipe
        assert gpu_bytes(wider, shape_of(wider.base))["rlvr"] / 2**30 > 24


def test_explain_tells_parts_total_and_the_slowest_part_of_a_step() -> None:
    text = explain(load("temper:mellum2/thinking"))
    assert "memory    about 64 GiB a GPU: weights 0.35, gradients 0.35, optimizer 1.4, gathered" in text
    assert "generate is the slowest" in text
    assert "with the learner beside it" in explain(load("temper:small/thinking"))


def test_a_step_is_timed_on_gpus_alone() -> None:
    assert step_seconds(load("temper:tiny/instruct").recipe, shape_of(TinyBase())) == {}
    recipe = load("temper:mellum2/instruct").recipe
    spent, more = (
        step_seconds(of, shape_of(of.base))
        for of in (recipe, load("temper:mellum2/instruct", ["cluster.rlvr.ranks=128"]).recipe)
    )
    assert spent["train"] == pytest.approx(2 * more["train"])
    assert 10 < spent["train"] < 40 and spent["push"] == pytest.approx(2.95, rel=0.01)
    stored = load("temper:mellum2/instruct", ["cluster.push=store"]).recipe
    assert step_seconds(stored, shape_of(stored.base))["push"] == pytest.approx(170, rel=0.01)


def test_what_cannot_fit_is_refused_before_it_runs(tmp_path: Path) -> None:
    sets = ["cluster.gpu.memory_gib=8", "engine.batch=128"]
    with pytest.raises(ValueError) as refused:
        preflight(load("temper:small/instruct", sets), tmp_path / "out", address="auto")
    lines = [line for line in str(refused.value).splitlines() if "would not fit" in line]
    assert [line.split(": ")[1] for line in lines] == ["cluster.sft", "cluster.rlvr"]
    assert all("on a GPU of 8 (a learner's weights 2.2" in line and "lower" in line for line in lines)
