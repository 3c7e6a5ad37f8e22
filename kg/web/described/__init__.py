"""The service described by itself: service description, VoID, examples, OpenAPI."""
