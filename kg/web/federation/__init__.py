"""SERVICE for the endpoints that the operator names, and for nothing else on the network.

The engine's own HTTP client goes wherever a query sends it and follows redirects. So in the query
that it is given, `rewriting` has put the address of a relay on loopback in the place of each
endpoint; the `relay` asks the endpoint through `forwarding`, which connects to public `addresses`
alone.
"""
