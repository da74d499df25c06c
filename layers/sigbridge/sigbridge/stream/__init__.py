"""What follows from each change of the table. Nothing of it is on a caller's path."""
