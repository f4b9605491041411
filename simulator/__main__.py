"""Starts the simulator's command line."""

from simulator.command import main

main()
