"""The delivery of the REV: locations with their activities, and vulnerable buildings and locations, as IMEV messages."""
