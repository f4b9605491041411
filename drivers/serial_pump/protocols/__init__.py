"""The protocols that are spoken over a serial line, each one pure: bytes in, results out."""
