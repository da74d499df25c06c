"""The whole stack on one machine: deployed to an AWS emulator, demonstrated, and tried in Docker."""
