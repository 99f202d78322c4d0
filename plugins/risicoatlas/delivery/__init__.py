"""The delivery API under ``/aanlevering/v1``: what data owners send and decide, as JSON over HTTP."""
