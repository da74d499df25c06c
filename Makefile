# Every command of the project. `make` alone lists them.
