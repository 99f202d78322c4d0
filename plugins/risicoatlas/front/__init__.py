"""What stands before the door, or at it: compression, CORS, who the client is, streams per client, and metrics."""
