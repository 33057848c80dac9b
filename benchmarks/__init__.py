"""Speed and memory, measured as ratios within one run: ``python -m benchmarks``, or one module of it."""
