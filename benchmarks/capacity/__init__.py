"""What a fleet asks of one stack, computed: the load of every key, of the stream, of Lambda and of the API.

`key_design` says which items there are and how they are spread over partition keys, `access_patterns` which
of them each occasion reads and writes, `fleet` how often each occasion comes. `limits` has what AWS allows,
and `load` holds the one against the other. Nothing of this was measured on AWS.
"""
