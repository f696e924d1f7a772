"""The organiser's server: keeps batches it cannot open, and says so under its signature."""
