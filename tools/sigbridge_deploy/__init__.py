"""What `make deploy` must know of a stack on AWS before it builds."""
