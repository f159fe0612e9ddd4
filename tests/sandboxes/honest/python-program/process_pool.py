# out: 25 primes below 100
from concurrent.futures import ProcessPoolExecutor
from itertools import chain


def primes(bounds: tuple[int, int]) -> list[int]:
    low, high = bounds
    return [n for n in range(max(2, low), high) if all(n % d for d in range(2, int(n**0.5) + 1))]


def main() -> None:
    with ProcessPoolExecutor(max_workers=2) as pool:
        found = list(chain.from_iterable(pool.map(primes, [(0, 50), (50, 100)])))
    print(len(found), "primes below 100")


if __name__ == "__main__":
    main()
