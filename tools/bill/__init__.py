"""What a month costs on AWS: prices, what each route uses, and the tables of `docs/costs.md`."""
