"""A web service that answers with a model."""
