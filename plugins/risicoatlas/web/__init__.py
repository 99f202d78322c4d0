"""The pages for people: start page, login, and the map viewer."""
