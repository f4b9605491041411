"""Reads the configuration file once, names every fault in it at once, and hands on frozen settings."""
