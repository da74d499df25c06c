"""The budgets of the hot path, measured: `python -m benchmarks`.

Every row is measured in one run against DynamoDB Local, the engine closest to AWS. Times are only
compared with times of the same run, taken in turns, as medians.
"""
