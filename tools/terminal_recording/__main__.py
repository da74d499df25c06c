from terminal_recording.story import record

record()
