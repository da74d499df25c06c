"""The forms in which webhooks are told, one module each."""
