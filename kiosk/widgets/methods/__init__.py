"""The screens of ways to take part that ordinary questions do not do."""
