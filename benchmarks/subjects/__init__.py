"""What is measured: conftests to compare with, and the tests that all of them run.

The files are copied into folders of their own, beside a package `task_tracker` with
the models. The harness's own strategies are no files here but rendered projects.
"""
