"""Every stage of a request, each with every fault that can befall it: ``python -m benchmarks.faults [--json FILE]``."""
