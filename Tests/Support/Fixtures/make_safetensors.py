#!/usr/bin/env python3
"""Writes python.safetensors beside this file: pip install numpy safetensors && python3 make_safetensors.py"""
import os
import numpy as np
from safetensors.numpy import save_file

tensors = {
    "encoder.hidden.weight": np.arange(6, dtype=np.float32).reshape(2, 3) / 4 - 0.5,
    "scalar": np.array(3.25, dtype=np.float32),
    "empty": np.zeros((0, 4), dtype=np.float32),
    "half": np.array([1.5, -0.0, 6.1e-5, 6e-8, 65504, np.inf, -np.inf, 1e-6], dtype=np.float16),
    "double": np.array([0.1, -1e-3, 1e300], dtype=np.float64),
    "Ünïcode \"quoted\"\n": np.array([7], dtype=np.float32),
}
metadata = {"model": "vae", "note": "Größe \\ \"x\"\t\U0001F600"}
save_file(tensors, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python.safetensors"), metadata)
