"""The DynamoDB table, and the event bus. The only room that knows boto3; plain values go in and come out.

One module per kind of item. Keys, as in the data model of docs/architecture.md:

| item | pk | sk |
|---|---|---|
| key | `KEY#<id>` | `KEY` |
| application | `APP#<app>` | `APP` |
| key in its application's list | `APP#<app>` | `KEY#<id>` |
| device | `DEVICE#<app>#<id>` | `DEVICE` |
| order to watch the devices of a type | `APP#<app>` | `WATCH#<type>` |
| erasure of a deleted device | `APP#<app>` | `ERASURE#<id>#<ms, 13 digits>` |
| device in the list of a state | `STATE#<app>#<state>` | `LISTED#<id>` |
| device state | `DEVICE#<app>#<id>` | `STATE` |
| parameter | `DEVICE#<app>#<id>` | `PARAM#<key>` |
| push under an `Idempotency-Key` | `DEVICE#<app>#<id>` | `PUSH#<digest of the key>` |
| message | `DEVICE#<app>#<id>` | `MSG#<ms, 13 digits>#<seqNumber or digest>` |
| data set by hand | `DEVICE#<app>#<id>` | `DATA#<ms, 13 digits>#<digest>` |
| report of a Sigfox service | `DEVICE#<app>#<id>` | `EVENT#<ms, 13 digits>#<digest>` |
| device condition | `DEVICE#<app>#<id>` | `CONDITION` |
| attempt of a downlink | `DEVICE#<app>#<id>` | `DOWNLINK#<downlink id>#<number, 2 digits>` |
"""
