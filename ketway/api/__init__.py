"""HTTP for programs: the vendors' surfaces and the workers' protocol."""
