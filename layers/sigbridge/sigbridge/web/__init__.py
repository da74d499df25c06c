"""HTTP at the edge: requests in, responses out, errors in each API's own words."""
