"""The OGC API: pygeoapi behind a front that reads requests strictly and lets PostgreSQL write the features.

Order of a request: :mod:`.ogcapi` (route, format, errors) → :mod:`.parameters` (text → typed request) → pygeoapi's
function with an API object that knows only what the actor may see → :mod:`.feature` (provider) → :mod:`.formatter`.
"""
