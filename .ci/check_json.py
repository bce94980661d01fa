"""Checks files that the programs write: check_json.py KIND FILE [COUNT]. Prints what it saw, or ends with an error."""

import json
import struct
import sys


def metrics(path, count):
    with open(path) as file:
        rows = [json.loads(line) for line in file]
    assert [row["step"] for row in rows] == list(range(1, int(count) + 1)), "steps"
    for row in rows:
        for key in ["epoch", "seconds", "loss"]:
            assert isinstance(row[key], (int, float)), key
    assert "test_negative_elbo" in rows[-1], "held-out figures"
    return f"{len(rows)} steps"


def checkpoint(path, kind):
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    texts = header.pop("__metadata__")
    assert texts["latent.model"] == kind, "kind"
    json.loads(texts["latent.configuration"])
    assert 8 + length + max(entry["data_offsets"][1] for entry in header.values()) == len(data), "length"
    return f"{len(header)} tensors"


def benchmarks(path):
    with open(path) as file:
        rows = json.load(file)["benchmarks"]
    assert len(rows) >= 1, "no row"
    for row in rows:
        assert isinstance(row["name"], str), "name"
        assert row["time"] > 0 and row["std"] >= 0 and row["iterations"] >= 1, "numbers"
    return ", ".join(row["name"] for row in rows)


kind, path, *rest = sys.argv[1:]
print(f"{path.rsplit('/', 1)[-1]}: {globals()[kind](path, *rest)}")
