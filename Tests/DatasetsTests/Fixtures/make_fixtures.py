"""Makes the fixtures of this folder with Python's own tools: python3 make_fixtures.py FOLDER (needs numpy)."""
import gzip, io, os, struct, sys, zlib
import numpy as np

folder = sys.argv[1]
def put(name, data):
    with open(os.path.join(folder, name), "wb") as file: file.write(data)

# IDX: every type in ranks 1 to 4. Element i has the value (i * 37) % 251 - 125, for uint8 plus 125; floats are a quarter of it.
codes = {"u1": 8, "i1": 9, ">i2": 11, ">i4": 12, ">f4": 13, ">f8": 14}
shapes = {1: (5,), 2: (2, 3), 3: (2, 3, 2), 4: (2, 3, 2, 3)}
for name, code in codes.items():
    for rank, shape in shapes.items():
        values = (np.arange(np.prod(shape)) * 37) % 251 - 125
        values = values + 125 if code == 8 else values * 0.25 if code > 12 else values * 257 if code == 11 else values * 16843009 if code == 12 else values
        header = bytes([0, 0, code, rank]) + struct.pack(">" + "I" * rank, *shape)
        put(f"type{code:02x}-rank{rank}.idx", header + values.astype(name).tobytes())

# Deflate: the same text with each kind of block. The text has repetitions near and far, and bytes without pattern.
state, noise = 1, bytearray()
for _ in range(300):
    state = (state * 1103515245 + 12345) % 2**31
    noise.append(state >> 16 & 255)
words = b"the a of latent vector image mean noise batch critic decoder gradient penalty is and not sample from".split()
text = b" ".join(words[byte % len(words)] for byte in noise) + b"abcabcabc" * 30 + bytes(noise) + b"a" * 600 + bytes(noise)[:200] + b"The end."
put("text.bin", text)
def block_type(data): return data[10] >> 1 & 3
def member(data, level, strategy, flags=0, extra=b"", name=b"", comment=b""):
    head = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\xff"
    if flags & 4: head += struct.pack("<H", len(extra)) + extra
    if flags & 8: head += name + b"\0"
    if flags & 16: head += comment + b"\0"
    if flags & 2: head += struct.pack("<H", zlib.crc32(head) & 0xffff)
    c = zlib.compressobj(level, zlib.DEFLATED, -15, 8, strategy)
    return head + c.compress(data) + c.flush() + struct.pack("<II", zlib.crc32(data), len(data) & 0xffffffff)
put("stored.gz", member(text, 0, 0))
put("fixed.gz", member(text, 9, zlib.Z_FIXED))
put("dynamic.gz", member(text, 9, 0))
put("huffman-only.gz", member(text, 9, zlib.Z_HUFFMAN_ONLY))
put("header.gz", member(text, 9, 0, 31 - 1, b"extra field", b"name", b"comment"))
put("members.gz", member(text[:500], 0, 0) + member(b"", 9, 0) + member(text[500:], 9, 0, 2))
buffer = io.BytesIO()
with gzip.GzipFile("text.bin", "wb", 9, buffer, 0) as file: file.write(text)
put("python.gz", buffer.getvalue())
put("empty.gz", member(b"", 9, 0))
put("small.gz", member(b"hello, hello, hello: a small file\n", 9, 0, 2))
# Codes longer than the decoder's first table: frequencies as Fibonacci numbers make a code of up to 15 bits.
a, b, skewed = 1, 1, bytearray()
for symbol in range(22):
    skewed += bytes([symbol * 11]) * a
    a, b = b, a + b
order = np.random.default_rng(1).permutation(len(skewed))
skewed = np.frombuffer(bytes(skewed), np.uint8)[order].tobytes()
put("long-codes.gz", member(skewed, 9, zlib.Z_HUFFMAN_ONLY))
put("bomb.gz", member(bytes(4_000_000), 9, 0))
for name, kind in [("stored", 0), ("fixed", 1), ("dynamic", 2), ("huffman-only", 2)]:
    assert block_type(open(os.path.join(folder, name + ".gz"), "rb").read()) == kind, name
