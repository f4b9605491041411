"""The dashboard: one plain live page for people, without anything from elsewhere."""
