"""The delivery of the REV: locations with activities, and vulnerable buildings and locations, as IMEV messages."""
