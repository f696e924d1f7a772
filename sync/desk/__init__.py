"""The organiser's side: publishes consultations, pulls batches, opens, checks and exports them."""
