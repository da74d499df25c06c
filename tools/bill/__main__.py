from bill.page import write_page

write_page()
