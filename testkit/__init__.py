"""What tests, benchmarks, the demo and the fuzzers share: registries, servers and runners."""
