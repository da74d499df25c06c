from sigbridge_deploy.cli import main

main()
