"""The shell around the core: links, intake, processor, timers, and the start of it all."""
