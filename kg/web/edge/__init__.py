"""Where bytes become requests: connections that are held to time, size and number."""
