"""The terminal recording in the README: commands run against the local stack, as an animated SVG."""
