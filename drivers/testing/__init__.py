"""The conformance kit: what a driver's author runs to prove that the driver keeps the contract."""
