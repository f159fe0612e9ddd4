# in: 3 1 2
# out: 1 2 3
import argparse
import logging
import sys

logger = logging.getLogger(__name__)


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Sort the numbers on standard input.")
    parser.add_argument("--reverse", action="store_true")
    return parser.parse_args(argv)


def main() -> int:
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    args = parse_args()
    numbers = [int(token) for token in sys.stdin.read().split()]
    logger.debug("read %d numbers", len(numbers))
    print(*sorted(numbers, reverse=args.reverse))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
