from tests.world import world, world_database, world_settings  # noqa: F401
