"""WFS 2.0: requests are read once (:mod:`.requests`); tables of operations and of formats answer them."""
