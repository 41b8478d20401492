"""What is learned of failures, as pure values: templates of output, causes, the record of each way to recover."""
