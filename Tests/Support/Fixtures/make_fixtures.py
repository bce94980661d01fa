"""Makes the fixtures of this folder with Python's own tools: python3 make_fixtures.py FOLDER (needs numpy and pillow)."""
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

# PNG: every colour type and depth, 6 rows of 5 pixels, with a filter of each kind, written byte by byte. NAME.pixels holds
# what a reader should make of it: 8 bits, transparent pixels over black.
from PIL import Image
HEIGHT, WIDTH = 6, 5
def chunk(name, data): return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
def filtered(rows, step):
    result = b""
    for index, row in enumerate(rows):
        kind, up = index % 5, rows[index - 1] if index else bytes(len(row))
        left, corner = bytes(step) + row, bytes(step) + up
        def paeth(a, b, c):
            return min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
        guess = [lambda a, b, c: 0, lambda a, b, c: a, lambda a, b, c: b, lambda a, b, c: (a + b) // 2, paeth][kind]
        result += bytes([kind]) + bytes((row[i] - guess(left[i], up[i], corner[i])) & 255 for i in range(len(row)))
    return result
def packed(samples, depth):
    if depth == 16: return samples.astype(">u2").tobytes()
    bits = "".join(format(int(sample), f"0{depth}b") for sample in samples)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
def png(name, colour_type, depth, samples, before=b"", split=False):
    count = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour_type]
    rows = [packed(row.reshape(-1), depth) for row in samples.reshape(HEIGHT, WIDTH, count)]
    stream = zlib.compress(filtered(rows, max(1, count * depth // 8)), 9)
    parts = [stream[:7], b"", stream[7:]] if split else [stream]
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour_type, 0, 0, 0)
    put(name + ".png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"tEXt", b"Title\0x") + before
        + b"".join(chunk(b"IDAT", part) for part in parts) + chunk(b"IEND", b""))
def rounded(samples, depth): return np.floor(samples * 255 / (2**depth - 1) + 0.5).astype(int)
def over_black(values, alpha): return (values * alpha + 127) // 255
def pixels(name, values): put(name + ".pixels", np.asarray(values).astype(np.uint8).tobytes())
random = np.random.default_rng(2)
def draw(depth, count): return random.integers(0, 2**depth, (HEIGHT, WIDTH, count))
for colour_type, label, depths in [(0, "grey", [1, 2, 4, 8, 16]), (2, "rgb", [8, 16]), (4, "grey-alpha", [8, 16]), (6, "rgba", [8, 16])]:
    for depth in depths:
        samples = draw(depth, {0: 1, 2: 3, 4: 2, 6: 4}[colour_type])
        values = rounded(samples, depth)
        if colour_type >= 4: values = over_black(values[..., :-1], values[..., -1:])
        png(f"{label}-{depth}", colour_type, depth, samples, split=depth == 8)
        pixels(f"{label}-{depth}", values)
for depth in [1, 2, 4, 8]:
    palette = random.integers(0, 256, (2**depth if depth < 8 else 200, 3))
    samples = random.integers(0, len(palette), (HEIGHT, WIDTH, 1))
    alpha = np.full(len(palette), 255)
    alpha[:len(palette) // 2] = random.integers(0, 256, len(palette) // 2)
    png(f"palette-{depth}", 3, depth, samples,
        chunk(b"PLTE", palette.astype(np.uint8).tobytes()) + chunk(b"tRNS", alpha[:len(palette) // 2].astype(np.uint8).tobytes()))
    pixels(f"palette-{depth}", over_black(palette, alpha[:, None])[samples[..., 0]])
for label, colour_type, count in [("grey", 0, 1), ("rgb", 2, 3)]:
    samples = draw(8, count)
    samples[0, 1], samples[4, 3] = samples[2, 2], samples[2, 2]
    png(f"{label}-8-clear", colour_type, 8, samples, chunk(b"tRNS", samples[2, 2].astype(">u2").tobytes()))
    pixels(f"{label}-8-clear", np.where((samples == samples[2, 2]).all(-1, keepdims=True), 0, samples))
for mode, count in [("L", 1), ("RGB", 3), ("RGBA", 4), ("LA", 2)]:
    samples = draw(8, count).astype(np.uint8)
    Image.fromarray(samples if count > 1 else samples[..., 0], mode).save(os.path.join(folder, f"pillow-{mode}.png"))
    samples = samples.astype(int)
    pixels(f"pillow-{mode}", over_black(samples[..., :-1], samples[..., -1:]) if count % 2 == 0 else samples)
# Pillow agrees about the files it can read.
for name in ["grey-1", "grey-2", "grey-4", "grey-8", "rgb-8", "pillow-L", "pillow-RGB"]:
    image = Image.open(os.path.join(folder, name + ".png"))
    image = image.convert("L" if image.mode == "1" else image.mode)
    expected = open(os.path.join(folder, name + ".pixels"), "rb").read()
    assert image.tobytes() == expected, name
for name, depth in [("palette-1", 1), ("palette-2", 2), ("palette-4", 4), ("palette-8", 8), ("rgba-8", 8), ("grey-alpha-8", 8)]:
    rgba = np.asarray(Image.open(os.path.join(folder, name + ".png")).convert("RGBA")).astype(int)
    expected = np.frombuffer(open(os.path.join(folder, name + ".pixels"), "rb").read(), np.uint8).reshape(HEIGHT, WIDTH, -1)
    assert (over_black(rgba[..., :3], rgba[..., 3:]) == expected).all(), name

# JPEG: Pillow writes, and says what a reader should make of it.
y, x = np.mgrid[0:19, 0:21]
smooth = np.stack([127 + 120 * np.sin(x / a) * np.cos(y / b) for a, b in [(3, 5), (7, 2), (4, 4)]], -1).astype(np.uint8)
from PIL import ImageOps
def jpeg(name, mode="RGB", orientation=None, **settings):
    path = os.path.join(folder, f"jpeg-{name}.jpg")
    if orientation: settings["exif"] = Image.Exif(); settings["exif"][0x0112] = orientation
    Image.fromarray(smooth if mode == "RGB" else smooth[..., 0], mode).save(path, quality=settings.pop("quality", 80), **settings)
    image = ImageOps.exif_transpose(Image.open(path))
    put(f"jpeg-{name}.pixels", struct.pack("<HHB", image.height, image.width, len(image.getbands())) + image.tobytes())
jpeg("grey", "L"); jpeg("grey-progressive", "L", progressive=True)
for sampling in ["4:4:4", "4:2:2", "4:2:0", "4:1:1"]: jpeg(sampling.replace(":", ""), subsampling=sampling)
jpeg("progressive", progressive=True, restart_marker_blocks=1); jpeg("restarts", restart_marker_blocks=2, optimize=True)
jpeg("rgb", keep_rgb=True); jpeg("rough", quality=3)
for orientation in range(2, 9): jpeg(f"turned-{orientation}", "L", orientation)
# Four inks, as Pillow writes them; and the same bytes called brightness and differences of three of them.
inks = io.BytesIO(); Image.fromarray(np.concatenate([smooth, smooth[::-1, :, :1] // 2], -1), "CMYK").save(inks, "JPEG", quality=80)
inks = bytearray(inks.getvalue())
for name, transform in ("cmyk", 0), ("ycck", 2):
    inks[inks.index(b"Adobe") + 11] = transform
    put(f"jpeg-{name}.jpg", bytes(inks)); image = Image.open(io.BytesIO(inks)).convert("RGB")
    put(f"jpeg-{name}.pixels", struct.pack("<HHB", image.height, image.width, 3) + image.tobytes())

# Other sizes: Pillow's, of the pixels above.
for name, filter in [("area", Image.BOX), ("bilinear", Image.BILINEAR), ("bicubic", Image.BICUBIC)]:
    for height, width in [(7, 9), (40, 30), (19, 50), (1, 1)]:
        image = Image.fromarray(smooth).resize((width, height), filter)
        put(f"resized-{name}-{height}x{width}.pixels", image.tobytes())
put("resized.pixels", smooth.tobytes())

# PGM and PPM: plain ones by hand, binary ones by Pillow.
put("plain.pgm", b"P2 # a comment\n3 2\n100\n0 50 100\n 25 75 1\n")
put("plain.ppm", b"P3 2 1 255\n1 2 3 # another\n250 251 252")
Image.fromarray(smooth[..., 0]).save(os.path.join(folder, "binary.pgm")); Image.fromarray(smooth).save(os.path.join(folder, "binary.ppm"))
put("deep.pgm", b"P5\n2 2 65535\n" + np.array([0, 65535, 32768, 257], ">u2").tobytes())

# NumPy: element i of shape [2, 3, 4] is i, as a float i / 23 - 0.25.
values = np.arange(24).reshape(2, 3, 4)
def npy(name, array, version=(1, 0)):
    with open(os.path.join(folder, name + ".npy"), "wb") as file: np.lib.format.write_array(file, array, version=version)
npy("bytes-1.0", values.astype("u1"))
npy("bytes-2.0", values.astype("u1"), (2, 0))
npy("bytes-3.0", values.astype("u1"), (3, 0))
for name in ["<f4", ">f4", "<f8", ">f8"]:
    npy(("little" if name[0] == "<" else "big") + name[1:], (values / 23 - 0.25).astype(name))
npy("scalar", np.array(2.5, "<f4"))
npy("vector", np.arange(5, dtype="u1"))
npy("empty", np.zeros((3, 0), "<f4"))
npy("fortran", np.asfortranarray(values.astype("<f4")))
npy("integers", values.astype("<i4"))
npy("record", np.zeros(2, [("a", "<f4")]))
# Other types hold 0 … 23 in both byte orders; halves (i - 12) / 8, booleans whether i is a multiple of 3.
for kind in ["u2", "u4", "u8", "i2", "i4", "i8"]:
    for order in "<>": npy(("little" if order == "<" else "big") + kind, values.astype(order + kind))
npy("i1", values.astype("i1"))
for order in "<>": npy(("little" if order == "<" else "big") + "f2", ((values - 12) / 8).astype(order + "f2"))
npy("boolean", values % 3 == 0)
npy("negative", (values - 1).astype("<i8"))
npy("wide", np.array([0, 2**64 - 1], "<u8"))
npy("complex", values.astype("<c8"))
npy("fortran-bytes", np.asfortranarray(values.astype("u1")))
np.savez(os.path.join(folder, "stored.npz"), x_train=values.astype("u1"), y_train=np.array([7, 300], "<i8"),
    x_test=values[:1].astype("u1") + 100, y_test=np.array([[2]], "u1"))
np.savez_compressed(os.path.join(folder, "deflated.npz"), values.astype("<f4") / 23)
# Numbers of members and of their directory in eight bytes, as archives above 4 GiB have them.
import zipfile
limits, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 0
np.savez(os.path.join(folder, "large.npz"), x=values.astype("u1"), y=np.array([7, 300], "<i8"))
zipfile.ZIP64_LIMIT = limits
npy("images", values.reshape(2, 3, 4, 1).astype("<f4") / 23)
