# call: f
# args: [[3, 1, 2]]
# returns: {"sorted": [1, 2, 3], "parts": {"even": [2], "odd": [3, 1]}, "mean": 2.0, "none": null, "all": true}
def f(xs):
    parts = {"even": [x for x in xs if x % 2 == 0], "odd": [x for x in xs if x % 2]}
    return {"sorted": sorted(xs), "parts": parts, "mean": sum(xs) / len(xs), "none": None, "all": all(xs)}
