"""What documents can be checked against without running anything: metadata, programs, names of the API, known tools."""
