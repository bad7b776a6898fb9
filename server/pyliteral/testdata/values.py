"""Print random values, one JSON object a line: their repr, and what it should be read as."""

import json
import math
import random
import sys

ALPHABET = "abc 'X\"\\\n\r\t\0\x1b\x7f\x85\xe9\u20ac\u202e\u2028\ud800\U0001f600{}[](),:#%+;&=/b'"


def text():
    return "".join(random.choice(ALPHABET) for _ in range(random.randrange(12)))


def scalar():
    return random.choice([
        lambda: None,
        lambda: True,
        lambda: False,
        lambda: random.randrange(-1000, 1000),
        lambda: random.getrandbits(random.randrange(1, 100)) * random.choice([1, -1]),
        lambda: random.uniform(-1e6, 1e6),
        lambda: random.uniform(-1, 1) * 10.0 ** random.randrange(-300, 300),
        lambda: random.choice([0.0, -0.0, 1e16, 1e-07, 5e-324, math.inf, -math.inf, math.nan]),
        text,
        lambda: bytes(random.randrange(256) for _ in range(random.randrange(6))),
    ])()


def hashable(depth):
    if depth > 0 and random.random() < 0.2:
        return tuple(hashable(depth - 1) for _ in range(random.randrange(3)))
    if depth > 0 and random.random() < 0.1:
        return frozenset(hashable(depth - 1) for _ in range(random.randrange(3)))
    return scalar()


def value(depth):
    if depth == 0 or random.random() < 0.3:
        return scalar()
    size = range(random.randrange(5))
    return random.choice([
        lambda: [value(depth - 1) for _ in size],
        lambda: tuple(value(depth - 1) for _ in size),
        lambda: {hashable(depth - 1) for _ in size},
        lambda: {text() if random.random() < 0.8 else hashable(1): value(depth - 1) for _ in size},
    ])()


def printable(s):
    """What is no Unicode scalar value cannot be told in UTF-8; each becomes U+FFFD."""
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in s)


def from_bytes(b):
    """Go replaces each run of bytes that are no UTF-8 by one U+FFFD."""
    out, run = [], False
    while b:
        for n in range(1, 5):
            try:
                out.append(b[:n].decode())
                b, run = b[n:], False
                break
            except UnicodeDecodeError:
                continue
        else:
            if not run:
                out.append("\ufffd")
            b, run = b[1:], True
    return "".join(out)


def want(v):
    if isinstance(v, float) and not math.isfinite(v):
        return repr(v)
    if isinstance(v, str):
        return printable(v)
    if isinstance(v, bytes):
        return from_bytes(v)
    if isinstance(v, (list, tuple, set, frozenset)):
        return [want(item) for item in v]
    if isinstance(v, dict):
        return {printable(k) if isinstance(k, str) else repr(k): want(item) for k, item in v.items()}
    return v


for _ in range(int(sys.argv[1])):
    v = value(4)
    print(json.dumps({"repr": repr(v), "want": want(v)}))
