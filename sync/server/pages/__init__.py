"""The public pages: what is asked, the register, and where my contribution stands."""
