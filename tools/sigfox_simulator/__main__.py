from sigfox_simulator.cli import main

main()
