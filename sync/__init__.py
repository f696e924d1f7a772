"""How sealed things travel: envelopes, batches, the outbox, the server, the desk."""
