"""The interruption clock: pure decisions about how long therapy may have been without flow."""
