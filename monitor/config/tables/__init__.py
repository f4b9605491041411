"""The tables of the configuration file as pydantic models: names, types, units, defaults and limits."""
