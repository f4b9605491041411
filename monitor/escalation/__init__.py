"""Who must know, when, and in which words; and the ways in which they are told."""
