"""What callers may send: input that is validated before it becomes a model."""
