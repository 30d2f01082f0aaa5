"""Adapters: the outside. Wires, files and pages; they may block, translate, and decide nothing."""
