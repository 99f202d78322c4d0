"""IMEV: the information model of the Register Externe Veiligheidsrisico's, and the judging of its messages."""
