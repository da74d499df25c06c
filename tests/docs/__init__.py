"""What the documentation shows, carried out: each command of a page, and what it prints."""
