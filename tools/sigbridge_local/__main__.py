from sigbridge_local.cli import main

main()
