from sigfox_cloud.cli import main

main()
