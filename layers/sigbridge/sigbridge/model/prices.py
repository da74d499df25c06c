"""What AWS charges, in USD: list prices of us-east-1 in November 2026.

Other regions are dearer, by half at most.

What counts are AWS's pages: <https://aws.amazon.com/dynamodb/pricing/on-demand/> and
<https://aws.amazon.com/lambda/pricing/>.
"""

# DynamoDB, on demand.
READ_UNIT_USD = 0.125e-6
WRITE_UNIT_USD = 0.625e-6
# Lambda, a second of a function with 1 GB, arm64.
GIGABYTE_SECOND_USD = 0.0000133334
