"""What every HTTP endpoint shares: request, response, JSON, authentication, errors, telemetry."""
