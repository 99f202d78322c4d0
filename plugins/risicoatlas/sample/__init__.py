"""The sample: a fictional town in the true source formats, with an answer key that is known by construction.

``town`` lays out buildings that are each made to be a case (``cases``); ``bag_zip``, ``bag_geopackage``, ``brt``,
``tables``, ``boundaries``, ``imev`` and ``risicolocaties`` write them in the formats of the real registers; ``writing``
ties them together. Nothing here imports the rule engine, the loader or the database: the key is an independent witness.
"""
