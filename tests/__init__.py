"""Tests of the template: what it asks, what it renders, and whether that works."""
