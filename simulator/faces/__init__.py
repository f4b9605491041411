"""Faces: how a simulated pump speaks; one file per protocol, written apart from the drivers' codecs."""
