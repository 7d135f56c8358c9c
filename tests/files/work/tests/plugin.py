"""Not the harness."""
