"""What the light install lacks, said in one line before anything begins: `pip install 'temper-rlvr[...]'`."""

import importlib.util

EXTRAS = {
    "train": ("torch", "transformers", "trl", "ray", "datasets", "accelerate", "peft", "deepspeed"),
    "parquet": ("pyarrow",),
    "gateway": ("starlette", "uvicorn", "h11"),
}
"""The modules by which an extra is known."""


def require(extra: str, who: str) -> None:
    """Raises ValueError unless the extra is installed, naming `who` needs it; imports nothing."""
    if missing := [name for name in EXTRAS[extra] if importlib.util.find_spec(name) is None]:
        raise ValueError(f"{who}: needs {', '.join(missing)}; pip install 'temper-rlvr[{extra}]'")
