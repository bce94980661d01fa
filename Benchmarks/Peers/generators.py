"""What others take for the rows generate/dcgan-b64 and generate/dcgan-b1: the same network, untrained, in PyTorch, ONNX
Runtime and OpenVINO, single precision.

    pip install torch onnx onnxruntime openvino numpy
    python Benchmarks/Peers/generators.py --threads 2

Prints the milliseconds of the median pass of each, drawing of the latents included, as our rows do.
"""
import argparse
import io
import statistics
import time

import numpy
import onnxruntime
import openvino
import torch
from torch import nn

LATENTS = 100


class Generator(nn.Module):
    """The generator of the reference DCGAN: 100 latents, 7 x 7 x 256, 14 x 14 x 128, 28 x 28 x 1."""

    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(LATENTS, 256 * 7 * 7, bias=False)
        self.first = nn.BatchNorm2d(256)
        self.enlarge = nn.ConvTranspose2d(256, 128, 4, 2, 1, bias=False)
        self.second = nn.BatchNorm2d(128)
        self.paint = nn.ConvTranspose2d(128, 1, 4, 2, 1)

    def forward(self, latents):
        hidden = torch.relu(self.first(self.dense(latents).view(-1, 256, 7, 7)))
        return torch.tanh(self.paint(torch.relu(self.second(self.enlarge(hidden)))))


def median_milliseconds(body, seconds):
    for _ in range(5):
        body()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        body()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def passes(generator, count, threads):
    """The name and a pass of each runtime."""
    file = io.BytesIO()
    torch.onnx.export(
        generator, torch.zeros(count, LATENTS), file, input_names=["latents"], output_names=["images"], dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
    compiled = openvino.compile_model(
        openvino.Core().read_model(file.getvalue()), "CPU",
        {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"})
    request = compiled.create_infer_request()
    draws = numpy.random.default_rng(1)

    def latents():
        return draws.standard_normal((count, LATENTS), dtype=numpy.float32)

    def pytorch():
        with torch.inference_mode():
            generator(torch.randn(count, LATENTS))

    yield "pytorch", pytorch
    yield "onnxruntime", lambda: session.run(None, {"latents": latents()})
    yield "openvino", lambda: request.infer({0: latents()})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    generator = Generator().eval()
    for count in [64, 1]:
        for name, body in passes(generator, count, arguments.threads):
            print(f"dcgan-b{count} {name} {median_milliseconds(body, arguments.seconds):.3f} ms", flush=True)


if __name__ == "__main__":
    main()
