"""The step: read the run, interpret its ref, report, and pull the artifact."""
