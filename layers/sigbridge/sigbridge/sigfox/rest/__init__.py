"""The JSON of Sigfox's REST API ↔ model: read leniently, written strictly (sigfox-rest reference, 1)."""
