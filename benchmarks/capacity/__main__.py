from benchmarks.capacity.page import write_page

write_page()
