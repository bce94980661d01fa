#!/usr/bin/env python3
"""Starts programs with extreme and inconsistent values of their options, drawn by a seed, and looks at how they end.

Usage: options.py [COUNT [SEED [PROGRAM...]]]. The programs are those in $LATENT_PROGRAMS, or else those of the release
build; the options are those that --help tells of, with images of a few pixels, so that a run takes no time.

Each run has to end in time with exit code 0 and nothing but warnings, with 1 or 2 and one line on standard error that
begins with the program's name, or with 3 after --strict; never by a signal. One that ends with 1 or 2 before it has begun
to train leaves everything in its folder as it was.
"""
import concurrent.futures
import os
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile
import zlib

SECONDS = 60
EXTREME_INTEGERS = ["0", "-1", "1", "2", "3", "5", "17", "255", "4096", "65536", "1000000000", "9223372036854775807",
                    "9223372036854775808", "1e3", "0x10", "", " 1", "٣"]
EXTREME_NUMBERS = ["0", "-0", "-1", "1", "0.5", "0.999999999", "1e-8", "1e-30", "1e-46", "1e-400", "1e30", "1e38", "3.5e38",
                   "1e39", "1e400", "nan", "inf", "-inf", "1,5", ""]
# What would only take long, as it may: the search is for what ends badly.
COSTLY = {"count", "rows", "columns", "draws", "trials", "generator-steps", "updates", "gan-train", "likelihood",
          "restarts", "importance-samples", "classifier-steps", "judge-steps", "stacked", "seeds"}
# Networks with a size of the user's choice: any size in range is right, but a large one takes the machine's memory.
SIZES = re.compile(r"features|hidden|size|layers|blocks|depth|units|codes|heads|levels|flow|components|latent|pool|virtual")


def idx(shape, data):
    return bytes([0, 0, 8, len(shape)]) + struct.pack(">%dI" % len(shape), *shape) + bytes(data)


def png(width, height, pixels, kind):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    step = len(pixels) // height
    rows = b"".join(b"\0" + bytes(pixels[i * step:(i + 1) * step]) for i in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def make_data(folder, chance):
    """Images of all kinds, most of them good; the paths that --data and the like may get."""
    def put(name, data):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return str(path)

    def noise(count):
        return chance.randbytes(count)

    put("set/train-images-idx3-ubyte", idx([24, 8, 8], noise(24 * 64)))
    put("set/train-labels-idx1-ubyte", idx([24], [i % 3 for i in range(24)]))
    put("set/t10k-images-idx3-ubyte", idx([9, 8, 8], noise(9 * 64)))
    put("set/t10k-labels-idx1-ubyte", idx([9], [i % 3 for i in range(9)]))
    for kind in "ab":
        for i in range(6):
            put(f"classes/{kind}/{i}.png", png(12, 12, noise(12 * 12 * 3), 2))
    for i in range(3):
        put(f"mixed/{i}.png", png(8 + 4 * i, 8, noise((8 + 4 * i) * 8), 0))
    put("empty/note.txt", b"nothing")
    for name, count in ("a.csv", 200), ("b.csv", 130):
        rows = ["%d,%d,%.2f" % (i % 2, i * i % 17, i * 0.7 % 3) for i in range(count)]
        put("series/" + name, ("odd,load,heat\n" + "\n".join(rows) + "\n").encode())
    return [
        str(folder / "set"), str(folder / "set"), str(folder / "classes"), str(folder / "mixed"), str(folder / "empty"),
        put("grey.idx", idx([24, 8, 8], noise(24 * 64))), put("odd.idx", idx([10, 7, 9], noise(630))),
        put("tiny.idx", idx([8, 4, 4], noise(128))), put("dot.idx", idx([6, 1, 1], noise(6))),
        put("one.idx", idx([1, 8, 8], noise(64))), put("alike.idx", idx([16, 8, 8], bytes(1024))),
        put("colour.idx", idx([12, 8, 8, 3], noise(12 * 192))), put("four.idx", idx([12, 8, 8, 4], noise(12 * 256))),
        put("text", b"no images"), str(folder / "absent"), "", "-", "\udcf1.idx",
    ]


def series(paths):
    """What a program that reads series may get; the first is good."""
    folder = pathlib.Path(paths[0]).parent / "series"
    return [str(folder), str(folder / "a.csv"), str(folder / "b.csv"), str(folder.parent / "text")]


class Program:
    """A program and the options that its help text tells of."""

    def __init__(self, path):
        self.path, self.name = str(path), path.name
        text = subprocess.run([self.path, "--help"], capture_output=True, text=True, check=True).stdout
        self.options, self.modes = [], []
        head, _, rows = text.partition("\nOptions:\n")
        if " MODE " in head:
            self.modes = re.findall(r"\b([a-z]+)\b(?=[:,;])", head.split("MODE", 1)[1]) or []
        for name, placeholder, notes in re.findall(r"^  --([a-z-]+)(?: ([A-Z]+))?\s(.*?)(?=^  --|\Z)", rows, re.S | re.M):
            notes = " ".join(notes.split())
            if name in ("help", "version"):
                continue
            choices = re.search(r"one of ([a-z0-9, -]+?)[;)]", notes)
            default = re.search(r"default ([^;)]+)[;)]", notes)
            self.options.append((name, placeholder, notes, choices and choices[1].split(", "), default and default[1]))


def limits(notes):
    """The least and the greatest number that a help text allows."""
    number = r"(-?[0-9][0-9.e+-]*)"
    for pattern in (rf"from {number} to {number}", rf"at least {number} and below {number}", rf"above {number}()",
                    rf"{number} or more()", rf"(){number} or less"):
        found = re.search(pattern, notes)
        if found:
            return [float(g) if g else None for g in found.groups()]
    return [None, None]


def value(option, chance, paths, models, is_wild):
    """A value for an option: one in its range, often at its ends, or any if it is a wild one."""
    name, placeholder, notes, choices, default = option
    if name in ("data", "to", "truth", "against", "normal", "images"):
        return chance.choice(paths if is_wild else paths[:12])
    if name in ("model", "judge", "from", "a", "b"):
        return chance.choice(models if is_wild else models[:-4])
    if choices:
        return chance.choice(choices + (["none", "", "Auto"] if is_wild else []))
    if name in ("size", "background", "augment") or placeholder == "LIST":
        good, bad = {
            "size": (["8", "4", "12", "8x4", "3x3", "16", "1"], ["0", "4097", "8x", "xx", ""]),
            "background": (["white", "#ff0000"], ["", "#ff", "blue"]),
            "augment": (["mirror", "shift,mirror", "none"], ["translation", "cutout,colour", ",", ""]),
        }.get(name, (["0", "0,1", "1,2", "4", "2,4", "8,8"], ["none", ",", "-1", "99999999999999999999", "3"]))
        return chance.choice(bad if is_wild else good)
    if placeholder in ("FILE", "PATH", "DIR", "COLOUR", "TEXT", "NAME"):
        return chance.choice(["x.png", "a.idx.gz"] + (["/dev/null", "/dev/full", "/absent/x", "", "a/b/c.npy"] if is_wild else []))
    is_whole = placeholder in ("N", "M", "S", "K", "MB")
    is_small = name in COSTLY or SIZES.search(name)
    if is_wild:
        return chance.choice(EXTREME_INTEGERS if is_whole and not is_small else EXTREME_NUMBERS if not is_small else
                             ["0", "-1", "", "9223372036854775808", "0.5"])
    low, high = limits(notes)
    some = [float(x) for x in (["0", "1", "2", "3", "4", "5", "7", "8"] if is_small else
                               ["0", "1", "2", "3", "8", "17", "64", "1000000000"])]
    if not is_whole:
        some = [0.0, 1e-30, 1e-8, 0.25, 0.5, 0.999, 1.0, 2.0, 1e8, 1e30]
    some = [x for x in some if (low is None or x >= low) and (high is None or x <= high)]
    some += [x for x in (low, high) if x is not None and not (is_small and x > 64)]
    number = chance.choice(some or [1.0])
    return str(int(number)) if is_whole else repr(number)


def command(program, chance, paths, models, out):
    """A command line with some of the options at odds."""
    arguments = [program.path]
    if program.modes and chance.random() < 0.95:
        arguments.append(chance.choice(program.modes))
    names = {o[0]: o for o in program.options}
    given = {}
    chosen = chance.sample(program.options, min(len(program.options), chance.choice([1, 2, 2, 3, 4, 6])))
    wild = chance.choice(chosen)[0] if chance.random() < 0.3 else None
    for option in chosen:
        given[option[0]] = None if not option[1] else value(option, chance, paths, models, option[0] == wild)
    is_training = "steps" in names and "checkpoint-every" in names
    if is_training:
        # What a search can wait for.
        given.pop("epochs", None) if chance.random() < 0.95 else None
        if given.get("steps") not in ("0", "1", "2", "3", "-1", ""):
            given["steps"] = chance.choice(["1", "2", "3"])
        if "epochs" in given and len(given["epochs"] or "") > 1:
            given["epochs"] = "1"
        given.setdefault("batch-size", chance.choice(["1", "2", "4", "4", "4", "8"]))
        if "resume" in given and chance.random() < 0.5:
            given.pop("resume")
    if "columns" in names and chance.random() < 0.9:
        given["data"] = chance.choice(series(paths))
    if "data" in names:
        given.setdefault("data", chance.choice(paths[:3] if chance.random() < 0.7 else paths[:13]))
    if "model" in names and chance.random() < 0.95:
        given.setdefault("model", chance.choice(models[:-4] or models))
    if "judge" in names and chance.random() < 0.8:
        given.setdefault("judge", chance.choice([m for m in models if "classifier" in m] or models))
    if "measure" in given:
        given.update({"trials": "2", "steps": "2", "generator-steps": "2", "labels-per-class": chance.choice(["1", "2"])})
    if program.name == "compare-remedies":
        given.update({"steps": "2", "batch-size": "8", "width": "4"})
    if program.name == "anomaly-table":
        given.update({"steps": "2", "gan-steps": "2", "encoder-steps": "2"})
    if program.name == "compare-adaptation":
        given.update({"steps": "2", "batch-size": "4", "seeds": "1"})
        if given.get("translate", "0") not in ("0", "-1", ""):
            given["translate"] = "2"
    if "pattern" in names and "style" not in given and (program.name != "stylize" or "model" not in given):
        given.setdefault("pattern", "waves")
    # Networks that take no time.
    for name, option in names.items():
        if SIZES.search(name) and name not in given and re.fullmatch(r"[0-9]+", option[4] or "") and \
                name in ("features", "hidden-size", "generator-features", "discriminator-features", "most-features"):
            given[name] = "4"
    given["out"] = str(out) if is_training else given.get("out", str(out / chance.choice(["s.png", "s.npy", "s.idx", "d"])))
    if "threads" in names:
        given["threads"] = "1"
    for name, text in given.items():
        if name not in names:
            continue
        arguments += [f"--{name}"] if text is None else [f"--{name}", text] if chance.random() < 0.5 else [f"--{name}={text}"]
    return arguments, is_training


def snapshot(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*"))
            if p.is_file() and p.name != ".latent-lock"}


def complaint(program, arguments, is_training, out):
    """The exit code of a command, and what is wrong with how it ends; None if nothing is."""
    before = snapshot(out)
    environment = dict(os.environ, SWIFT_BACKTRACE="enable=no", LATENT_THREADS="1")
    try:
        result = subprocess.run(arguments, capture_output=True, timeout=SECONDS, env=environment, cwd=out.parent,
                                stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return None, f"not over after {SECONDS} s"
    errors = result.stderr.decode(errors="surrogateescape")
    lines = errors.splitlines()
    code = result.returncode
    if code not in (0, 1, 2, 3):
        return code, f"ended with {code}: {errors[:600]}"
    if code == 3 and "--strict" not in arguments:
        return code, "ended with 3 without --strict"
    strange = [l for l in lines if not l.startswith(program.name + ": ") and not l.startswith("warning: ")]
    if strange:
        return code, f"a line that does not begin with the program's name: {strange[0][:300]}"
    if code in (1, 2):
        faults = [l for l in lines if ": warning: " not in l and "the training goes on" not in l]
        if len(faults) != 1:
            return code, f"{len(faults)} lines instead of one: {errors[:600]}"
        begun = re.search(r"step [0-9]+: |could not be written", errors)
        if is_training and not begun and snapshot(out) != before:
            return code, f"ended with {code}, but the folder is not as it was: {errors[:300]}"
    return code, None


def make_models(programs, data, folder):
    """A checkpoint of each program that trains, by its defaults on tiny images, as far as it takes them."""
    models = []
    for program in programs:
        names = {o[0]: o for o in program.options}
        if "checkpoint-every" not in names:
            continue
        out = folder / program.name
        small = []
        for name in ("features", "hidden-size", "generator-features", "discriminator-features"):
            if name in names and re.fullmatch(r"[0-9]+", names[name][4] or ""):
                small += [f"--{name}", "4"]
        small += ["--pattern", "waves"] if "pattern" in names else []
        own = series([data])[0] if "columns" in names else data
        subprocess.run([program.path, "--data", own, "--steps", "1", "--batch-size", "4", "--quiet", "--threads", "1",
                        "--out", str(out)] + small, capture_output=True, timeout=600)
        path = out / "model.safetensors"
        if path.exists():
            models.append(str(path))
    return models


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    root = pathlib.Path(__file__).resolve().parents[2]
    folder = os.environ.get("LATENT_PROGRAMS") or subprocess.run(
        ["swift", "build", "-c", "release", "--show-bin-path"], cwd=root, capture_output=True, text=True,
        check=True).stdout.strip()
    names = sys.argv[3:] or sorted(p.parent.name for p in root.glob("Examples/*/main.swift"))
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        (work / "data").mkdir()
        paths = make_data(work / "data", chance)
        programs = [Program(pathlib.Path(folder) / name) for name in names]
        models = make_models([Program(pathlib.Path(folder) / p.parent.name) for p in root.glob("Examples/*/main.swift")]
                             if not sys.argv[3:] else programs, paths[0], work / "models")
        models += [str(work / "data" / "text"), str(work / "data"), str(work / "absent.safetensors"), ""]
        jobs = []
        for number in range(count):
            own = random.Random(f"{seed} {number}")
            program = programs[number % len(programs)]
            out = work / "runs" / str(number) / "out"
            out.mkdir(parents=True)
            if own.random() < 0.5:
                # An older training, which a run that comes to nothing must leave alone.
                older = [m for m in models if f"/{program.name}/" in m]
                if older:
                    for file in pathlib.Path(older[0]).parent.iterdir():
                        if file.name != ".latent-lock":
                            (out / file.name).write_bytes(file.read_bytes())
            arguments, is_training = command(program, own, paths, models, out)
            jobs.append((number, program, [a.encode(errors="surrogateescape") if "\udcf1" in a else a for a in arguments],
                         is_training, out))
        failed, codes = 0, {}
        with concurrent.futures.ThreadPoolExecutor(max(1, int(os.environ.get("LATENT_JOBS", os.cpu_count() or 1)))) as pool:
            for job, (code, wrong) in zip(jobs, pool.map(lambda j: complaint(*j[1:]), jobs)):
                codes[code] = codes.get(code, 0) + 1
                if wrong:
                    failed += 1
                    words = " ".join(a.decode(errors="backslashreplace") if isinstance(a, bytes) else repr(a) if " " in a or not a
                                     else a for a in job[2])
                    print(f"FAILED {job[0]}: {words}\n    {wrong}", flush=True)
    ends = ", ".join(f"{n} with {code}" for code, n in sorted(codes.items(), key=str))
    print(f"{count} command lines of {len(programs)} programs: {ends}; {failed} of them end badly (seed {seed})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
