"""What the gateway has done, as text for Prometheus."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class Histogram:
    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_S) + 1)
        self.sum_s = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.sum_s += seconds

    def lines(self, name: str) -> Iterator[str]:
        total = 0
        for bound, count in zip([*map(str, BOUNDS_S), "+Inf"], self.counts, strict=True):
            total += count
            yield f'{name}_bucket{{le="{bound}"}} {total}'
        yield f"{name}_sum {self.sum_s:.6f}"
        yield f"{name}_count {total}"


class Counts:
    def __init__(self) -> None:
        self.verdicts: Counter[tuple[str, str]] = Counter()
        self.refused: Counter[int] = Counter()
        self.took = Histogram()
        """From the request's last byte to its answer, queue included."""
        self.judged = Histogram()
        """Of the verifier alone."""

    def add(self, verifier: str, outcome: str, took_s: float, judged_s: float) -> None:
        self.verdicts[verifier, outcome] += 1
        self.took.add(took_s)
        self.judged.add(judged_s)

    def text(self, gauges: dict[str, float]) -> str:
        return "\n".join([*self._lines(gauges), ""])

    def _lines(self, gauges: dict[str, float]) -> Iterator[str]:
        yield "# TYPE temper_verdicts_total counter"
        for (verifier, outcome), count in sorted(self.verdicts.items()):
            yield f'temper_verdicts_total{{verifier="{verifier}",outcome="{outcome}"}} {count}'
        yield "# TYPE temper_refused_total counter"
        for status, count in sorted(self.refused.items()):
            yield f'temper_refused_total{{status="{status}"}} {count}'
        for name, histogram in (("temper_request_seconds", self.took), ("temper_verdict_seconds", self.judged)):
            yield f"# TYPE {name} histogram"
            yield from histogram.lines(name)
        for name, value in gauges.items():
            yield f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}"
            yield f"{name} {value:g}"
