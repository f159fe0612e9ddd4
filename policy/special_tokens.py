"""The tokens that steer a conversation, with the released tokenizer's ids (Mellum 2 `config.json`)."""

END_OF_TURN = "<|im_end|>"
PAD = "<|endoftext|>"

SPECIAL_TOKENS: tuple[str, ...] = tuple(
    {
        0: PAD,
        8: "<fim_prefix>",
        9: "<fim_middle>",
        10: "<fim_suffix>",
        23: "<think>",
        24: "</think>",
        27: "<|im_start|>",
        28: END_OF_TURN,
        29: "<tool_call>",
        30: "</tool_call>",
        31: "<tool_response>",
        32: "</tool_response>",
    }.get(i, f"<|reserved_{i}|>")
    for i in range(33)
)
"""By their ids; the ids in between are reserved."""
