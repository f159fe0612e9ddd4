import pytest
from solution import checksum, decode_varint, encode_varint, hexdump, xor, zero_out

@pytest.mark.parametrize(("number", "data"), [(1, b"\x01"), (127, b"\x7f"), (128, b"\x80\x01"), (300, b"\xac\x02")])
def test_varint(number, data):
    assert encode_varint(number) == data
    assert decode_varint(data) == (number, len(data))

def test_truncated():
    with pytest.raises(EOFError):
        decode_varint(b"\x80")

def test_xor():
    assert xor(b"abc", b"\x00\x01") == b"ac" + b"c"
    assert isinstance(xor(b"", b"k"), bytes)
    assert xor(bytearray(b"ab"), b"\x01") == bytearray(b"`c")

def test_zero_out():
    buffer = bytearray(b"secret")
    zero_out(buffer)
    assert buffer == bytearray(6)

def test_hexdump():
    assert hexdump(b"Hi\n") == "48 69 0a"

def test_checksum():
    assert checksum(range(256)) == sum(range(256)) % 255
    assert checksum(frozenset({1, 2})) == 3
# ---- right
def encode_varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)

def decode_varint(data):
    result = shift = 0
    for i, byte in enumerate(data):
        result |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return result, i + 1
    raise EOFError("truncated")

def xor(data, key):
    return type(data)(b ^ key[i % len(key)] for i, b in enumerate(data))

def zero_out(buffer):
    buffer[:] = bytes(len(buffer))

def hexdump(data):
    return data.hex(" ")

def checksum(values):
    return sum(values) % 255
# ---- wrong
def encode_varint(n): return bytes([n & 127])
def decode_varint(data): return (1, 1)
def xor(data, key): return data
def zero_out(buffer): pass
def hexdump(data): return str(data)
def checksum(values): return 0
