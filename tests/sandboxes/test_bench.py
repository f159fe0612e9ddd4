from temper.sandboxes.bench import bench, table


def test_the_ladder_has_a_rung_for_each_way_and_ratios_of_our_best() -> None:
    found = bench("local", 0.1)
    assert isinstance(found["steps"], list) and isinstance(found["ratio"], dict)
    rungs = [(step["name"], step["in_flight"]) for step in found["steps"]]
    cores = found["cores"]
    assert isinstance(cores, int)
    ours = [("ours (local)", n) for n in (1, cores, 4 * cores)]
    assert rungs == [("python", cores), ("python -I -S", cores), *ours]
    best = max(step["per_second"] for step in found["steps"][2:])
    assert found["ratio"]["python"] == round(best / found["steps"][0]["per_second"], 1)
    assert all(0 < step["p50_ms"] <= step["p99_ms"] for step in found["steps"])
    assert "python -I -S" in table(found) and "ten tests cost" in table(found)
