"""Who may see what: the actor, the rules of config/access, and the one decision on a layer."""
