"""The graph on the web: a SPARQL endpoint, the stored questions as an API, linked data.

connections    bytes to requests: limits on headers, slow clients
manners        request ids, CORS, security headers, access log, metrics
addresses      which address is answered by what; negotiation, ETags, the cache of answers
pool/          processes that can be killed, each over one immutable graph
jobs/          what such a process does: a query, a question, a page
"""
