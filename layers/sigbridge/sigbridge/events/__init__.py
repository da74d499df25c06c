"""The events that follow from changes of the table: what the feed has, and what destinations are told."""
