"""The monitor: decides how long an infusion may have been interrupted and who must know."""
