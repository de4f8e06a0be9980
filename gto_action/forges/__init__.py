"""What a host offers beside Git: releases, deployments, events for other repositories."""
