"""What a run can state of its build, by the libraries of those statements: provenance and a bill of materials. Extra `sbom`."""
