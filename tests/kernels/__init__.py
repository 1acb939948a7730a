"""The kernels of `benchmarks`, tiny, through every engine."""
