"""The register: a public, append-only log of commitments, one for each consultation."""
