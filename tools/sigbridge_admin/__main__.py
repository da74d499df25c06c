from sigbridge_admin.cli import main

main()
