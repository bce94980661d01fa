print("the client's own Benchmarks")
