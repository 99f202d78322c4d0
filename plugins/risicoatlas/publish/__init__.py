"""Publication: from what the register holds to what is served, each time as one transaction."""
