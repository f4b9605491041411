"""The feed: shows people and programs what the monitor knows, and hands on what they ask for."""
